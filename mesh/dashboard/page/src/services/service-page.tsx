import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type WatchWorkloadResponse, WorkloadService } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { Link } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { milliseconds, percent, rate } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useStream } from '../lib/live.tsx';
import { useRange } from '../lib/range.ts';
import { useParameter } from '../lib/url-state.ts';
import { Chart } from '../parts/chart.tsx';
import { HealthBadge, Success } from '../parts/health.tsx';
import { Shown, SourceNotices } from '../parts/state.tsx';
import { RpcHistory } from './rpc-history.tsx';
import { ConsumerTable, EdgeTable, ErrorTable, InstanceTable, RpcTable } from './tables.tsx';

const client = clientOf(WorkloadService);
const TEXTS = {
  all: { en: 'All services', id: 'Semua layanan' },
  rate: { en: 'Rate', id: 'Laju' },
  success: { en: 'Success', id: 'Keberhasilan' },
  calls: { en: 'Calls a second over time', id: 'Panggilan per detik sepanjang waktu' },
  durations: { en: 'Durations over time', id: 'Durasi sepanjang waktu' },
  map: { en: 'On the map', id: 'Di peta' },
  logs: { en: 'Logs', id: 'Log' },
  traces: { en: 'Traces', id: 'Jejak' },
};

/** One service in full: signals, RPCs, instances, who calls it, consumers, errors. */
export function ServicePage({ name }: { name: string }) {
  const { range, length, endMs } = useRange();
  const live = useStream(`${name}|${length}|${endMs}`, (signal) => client.watchWorkload({ name, range }, { signal }));
  return <Shown live={live}>{(value) => <Whole value={value} name={name} />}</Shown>;
}

function Whole({ value, name }: { value: WatchWorkloadResponse; name: string }) {
  const t = useText();
  const [rpc, setRpc] = useParameter('rpc');
  const { workload, history, sources } = value;
  const signals = workload?.signals;
  const times = history.map(({ time }) => (time ? timestampMs(time) : 0));
  const lines = (['p50Ms', 'p95Ms', 'p99Ms'] as const).map((quantile, index) => ({
    label: quantile.slice(0, 3),
    colour: ['--serving', '--blue', '--down'][index] ?? '--blue',
    values: history.map((point) => (point.signals?.calls ? point.signals[quantile] : null)),
  }));
  return (
    <>
      <p className="crumbs">
        <Link href="/services">{t(TEXTS.all)}</Link> ·{' '}
        <Link href={`/map?selected=${name === 'gateway' ? 'gateway' : 'service'}:${name}`}>{t(TEXTS.map)}</Link> ·{' '}
        <Link href={`/traces?workload=${name}`}>{t(TEXTS.traces)}</Link> ·{' '}
        <Link href={`/logs?workload=${name}`}>{t(TEXTS.logs)}</Link>
      </p>
      <SourceNotices sources={sources} />
      <section className="headline">
        <h2>{name}</h2>
        {workload && <HealthBadge health={workload.health} reason={workload.healthReason} />}
        {workload?.healthReason && <span className="note">{workload.healthReason}</span>}
        {signals && (
          <ul className="figures">
            <li>
              <b>{rate(signals.rate)}</b> {t(TEXTS.rate)}
            </li>
            <li>
              <b>
                <Success ratio={signals.successRatio} calls={signals.calls} />
              </b>{' '}
              {t(TEXTS.success)}
            </li>
            <li>
              <b>{milliseconds(signals.p50Ms)}</b> p50
            </li>
            <li>
              <b>{milliseconds(signals.p95Ms)}</b> p95
            </li>
            <li>
              <b>{milliseconds(signals.p99Ms)}</b> p99
            </li>
          </ul>
        )}
      </section>
      <div className="charts">
        <figure>
          <figcaption>{t(TEXTS.calls)}</figcaption>
          <Chart
            times={times}
            lines={[
              { label: t(TEXTS.rate), colour: '--blue', values: history.map((point) => point.signals?.rate ?? 0) },
            ]}
            summary={`${t(TEXTS.calls)}: ${rate(signals?.rate ?? 0)}, ${percent(signals?.successRatio ?? 1)}`}
            format={(value) => rate(value)}
          />
        </figure>
        <figure>
          <figcaption>{t(TEXTS.durations)}</figcaption>
          <Chart
            times={times}
            lines={lines}
            summary={`${t(TEXTS.durations)}: p95 ${milliseconds(signals?.p95Ms ?? 0)}`}
            format={milliseconds}
          />
        </figure>
      </div>
      <RpcTable rows={value.rpcs} chosen={rpc} onChoose={setRpc} />
      {rpc && <RpcHistory workload={name} rpc={rpc} onClose={() => setRpc('')} />}
      <InstanceTable rows={value.instances} />
      <EdgeTable rows={value.edges} self={name} />
      {value.consumers.length > 0 && <ConsumerTable rows={value.consumers} />}
      <ErrorTable rows={value.errors} />
    </>
  );
}
