import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Call, TraceService, type WatchCallsResponse } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { Link } from 'wouter';
import { clientOf } from '../lib/client.ts';
import { clock, count, localRpc, milliseconds } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { useStream } from '../lib/live.tsx';
import { useParameter } from '../lib/url-state.ts';
import { ChoiceField, TextField } from '../parts/field.tsx';
import { Empty, Shown } from '../parts/state.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { CODES } from '../traces/codes.ts';

const client = clientOf(TraceService);
const SHOWN_MAX = 200;
const TEXTS = {
  caption: { en: 'Calls that end now, a sample', id: 'Panggilan yang sedang selesai, contoh' },
  source: { en: 'Caller', id: 'Pemanggil' },
  destination: { en: 'Called', id: 'Yang dipanggil' },
  rpc: { en: 'RPC or event', id: 'RPC atau peristiwa' },
  anyCode: { en: 'Any outcome', id: 'Hasil apa pun' },
  faults: { en: 'Any fault', id: 'Kegagalan apa pun' },
  code: { en: 'Code', id: 'Kode' },
  least: { en: 'At least … ms', id: 'Paling sedikit … ms' },
  time: { en: 'Time', id: 'Waktu' },
  protocol: { en: 'Protocol', id: 'Protokol' },
  duration: { en: 'Duration', id: 'Durasi' },
  trace: { en: 'Trace', id: 'Jejak' },
  open: { en: 'open', id: 'buka' },
  skipped: {
    en: '{count} more matched and are left out of this sample',
    id: '{count} lagi cocok dan tidak ikut dalam contoh ini',
  },
  none: { en: 'No call has ended yet', id: 'Belum ada panggilan yang selesai' },
  hint: {
    en: 'Calls appear here as they pass; what they carry is never shown.',
    id: 'Panggilan muncul di sini saat lewat; isinya tidak pernah ditampilkan.',
  },
};

interface Tail {
  readonly calls: readonly (Call & { readonly key: string })[];
  readonly skipped: number;
  readonly seen: number;
}

const take = (before: Tail | undefined, { calls, skipped }: WatchCallsResponse): Tail => {
  const { calls: earlier = [], skipped: left = 0, seen = 0 } = before ?? {};
  const added = calls.map((call, index) => ({ ...call, key: String(seen + index) })).reverse();
  return {
    calls: [...added, ...earlier].slice(0, SHOWN_MAX),
    skipped: left + Number(skipped),
    seen: seen + calls.length,
  };
};

/** What passes now, the newest first. */
export default function CallsView() {
  const t = useText();
  const [source, setSource] = useParameter('source');
  const [destination, setDestination] = useParameter('destination');
  const [rpc, setRpc] = useParameter('rpc');
  const [code, setCode] = useParameter('code');
  const [least, setLeast] = useParameter('min');
  const live = useStream<WatchCallsResponse, Tail>(
    [source, destination, rpc, code, least].join('|'),
    (signal) => client.watchCalls({ source, destination, rpc, code, minDurationMs: Number(least) || 0 }, { signal }),
    take,
  );
  return (
    <>
      <div className="controls">
        <TextField label={t(TEXTS.source)} value={source} onChange={setSource} width={130} />
        <TextField label={t(TEXTS.destination)} value={destination} onChange={setDestination} width={130} />
        <TextField label={t(TEXTS.rpc)} value={rpc} onChange={setRpc} width={220} />
        <ChoiceField
          label={t(TEXTS.code)}
          value={code}
          onChange={setCode}
          options={[['', t(TEXTS.anyCode)], ['fault', t(TEXTS.faults)], ...CODES.map((each) => [each, each] as const)]}
        />
        <TextField label={t(TEXTS.least)} value={least} onChange={setLeast} width={140} />
      </div>
      <Shown live={live}>
        {({ calls, skipped }) => (
          <>
            {skipped > 0 && <p className="note">{t(TEXTS.skipped, { count: count(skipped) })}</p>}
            {calls.length === 0 ? <Empty title={TEXTS.none} hint={TEXTS.hint} /> : <CallTable calls={calls} />}
          </>
        )}
      </Shown>
    </>
  );
}

function CallTable({ calls }: { calls: Tail['calls'] }) {
  const t = useText();
  const columns: Column<Tail['calls'][number]>[] = [
    { id: 'time', title: TEXTS.time, cell: ({ time }) => <code>{time ? clock(timestampMs(time)) : ''}</code> },
    { id: 'source', title: TEXTS.source, cell: ({ source }) => source || '–' },
    { id: 'destination', title: TEXTS.destination, cell: ({ destination }) => destination },
    { id: 'rpc', title: TEXTS.rpc, cell: ({ rpc }) => localRpc(rpc) },
    { id: 'protocol', title: TEXTS.protocol, cell: ({ protocol }) => protocol || '–' },
    { id: 'duration', title: TEXTS.duration, numeric: true, cell: ({ durationMs }) => milliseconds(durationMs) },
    {
      id: 'code',
      title: TEXTS.code,
      cell: ({ code }) => <code className={code === 'ok' ? '' : 'ratio degraded'}>{code}</code>,
    },
    {
      id: 'trace',
      title: TEXTS.trace,
      cell: ({ traceId }) => <Link href={`/traces/${traceId}`}>{t(TEXTS.open)}</Link>,
    },
  ];
  return <Table caption={TEXTS.caption} columns={columns} rows={calls} keyOf={({ key }) => key} />;
}
