import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type GetRpcHistoryResponse, WorkloadService } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { Link } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { clock, count, localRpc, milliseconds } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useAnswer } from '../lib/live.tsx';
import { useRange } from '../lib/range.ts';
import { Shown } from '../parts/state.tsx';

const client = clientOf(WorkloadService);
const TEXTS = {
  title: { en: 'Durations of {rpc} over time', id: 'Durasi {rpc} sepanjang waktu' },
  close: { en: 'Close', id: 'Tutup' },
  contract: { en: 'Contract', id: 'Kontrak' },
  traces: { en: 'Its traces', id: 'Jejaknya' },
  more: { en: 'longer', id: 'lebih lama' },
};

/** A heat map: time to the right, duration upwards, the darker the more calls. */
export function RpcHistory({ workload, rpc, onClose }: { workload: string; rpc: string; onClose: () => void }) {
  const t = useText();
  const { range, length, endMs } = useRange();
  const answer = useAnswer(`${workload}|${rpc}|${length}|${endMs}`, (signal) =>
    client.getRpcHistory({ workload, rpc, range }, { signal }),
  );
  return (
    <section className="panel">
      <h3>{t(TEXTS.title, { rpc: localRpc(rpc) })}</h3>
      <p className="crumbs">
        <Link href={`/contracts?rpc=${encodeURIComponent(rpc)}`}>{t(TEXTS.contract)}</Link> ·{' '}
        <Link href={`/traces?operation=${encodeURIComponent(rpc)}`}>{t(TEXTS.traces)}</Link> ·{' '}
        <button type="button" className="link" onClick={onClose}>
          {t(TEXTS.close)}
        </button>
      </p>
      <Shown live={answer}>
        {(history) => <HeatMap history={history} title={t(TEXTS.title, { rpc: localRpc(rpc) })} more={t(TEXTS.more)} />}
      </Shown>
    </section>
  );
}

const [CELL_WIDTH, CELL_HEIGHT, LEFT, BOTTOM] = [14, 15, 74, 20];

function HeatMap({ history, title, more }: { history: GetRpcHistoryResponse; title: string; more: string }) {
  const { columns, boundsMs } = history;
  const rows = boundsMs.length + 1;
  const most = Math.max(1, ...columns.flatMap(({ counts }) => counts.map(Number)));
  const height = rows * CELL_HEIGHT + BOTTOM;
  const timeOf = (index: number) => {
    const time = columns[index]?.time;
    return time ? clock(timestampMs(time), false) : '';
  };
  return (
    <svg className="heat" role="img" aria-label={title} viewBox={`0 0 ${LEFT + columns.length * CELL_WIDTH} ${height}`}>
      {columns.map(({ counts }, x) =>
        counts.map((calls, row) => {
          const upper = boundsMs[row];
          const said = `${timeOf(x)} · ≤ ${upper === undefined ? '∞' : milliseconds(upper)} · ${count(calls)}`;
          if (calls === 0n) return null;
          return (
            <rect
              key={`${timeOf(x)}-${upper ?? 'more'}`}
              x={LEFT + x * CELL_WIDTH}
              y={(rows - 1 - row) * CELL_HEIGHT}
              width={CELL_WIDTH - 1}
              height={CELL_HEIGHT - 1}
              opacity={0.2 + 0.8 * Math.sqrt(Number(calls) / most)}
            >
              <title>{said}</title>
            </rect>
          );
        }),
      )}
      {[...boundsMs, Number.POSITIVE_INFINITY].map((bound, row) => (
        <text key={bound} x={LEFT - 8} y={(rows - 1 - row) * CELL_HEIGHT + 11} textAnchor="end">
          {Number.isFinite(bound) ? milliseconds(bound) : more}
        </text>
      ))}
      {[0, Math.floor(columns.length / 2), columns.length - 1].map((x) => (
        <text
          key={x}
          x={LEFT + x * CELL_WIDTH}
          y={height - 5}
          textAnchor={x === 0 ? 'start' : x === columns.length - 1 ? 'end' : 'middle'}
        >
          {timeOf(x)}
        </text>
      ))}
    </svg>
  );
}
