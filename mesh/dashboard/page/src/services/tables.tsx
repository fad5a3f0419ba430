import { timestampMs } from '@bufbuild/protobuf/wkt';
import { BreakerState, type Edge } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import type { ConsumerState, Instance, RecentError, RpcSignals } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { Link } from 'wouter';
import { bytes, clock, count, localRpc, milliseconds, rate } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { BREAKER_NAMES, SECURITY_NAMES } from '../map/labels.ts';
import { HealthBadge, Success } from '../parts/health.tsx';
import { type Column, Table } from '../parts/table.tsx';

const T = {
  rpcs: { en: 'RPCs', id: 'RPC' },
  rate: { en: 'Rate', id: 'Laju' },
  success: { en: 'Success', id: 'Keberhasilan' },
  codes: { en: 'Codes', id: 'Kode' },
  access: { en: 'Access', id: 'Akses' },
  deadline: { en: 'Deadline', id: 'Tenggat' },
  instances: { en: 'Instances', id: 'Instans' },
  instance: { en: 'Instance', id: 'Instans' },
  version: { en: 'Version', id: 'Versi' },
  uptime: { en: 'Up for', id: 'Hidup selama' },
  memory: { en: 'Memory', id: 'Memori' },
  cpu: { en: 'CPU (cores)', id: 'CPU (inti)' },
  delay: { en: 'Event-loop delay, p99', id: 'Tundaan event loop, p99' },
  health: { en: 'Health', id: 'Kesehatan' },
  edges: { en: 'In- and outbound', id: 'Masuk dan keluar' },
  direction: { en: 'Direction', id: 'Arah' },
  other: { en: 'Other end', id: 'Ujung lain' },
  inbound: { en: 'in', id: 'masuk' },
  outbound: { en: 'out', id: 'keluar' },
  security: { en: 'Security', id: 'Keamanan' },
  retries: { en: 'Retries', id: 'Ulang' },
  timeouts: { en: 'Time-outs', id: 'Habis waktu' },
  denials: { en: 'Denied', id: 'Ditolak' },
  breaker: { en: 'Breaker', id: 'Pemutus' },
  consumers: { en: 'Consumers', id: 'Konsumen' },
  consumer: { en: 'Consumer', id: 'Konsumen' },
  stream: { en: 'Stream', id: 'Aliran' },
  pending: { en: 'Waiting', id: 'Menunggu' },
  unacknowledged: { en: 'Being handled', id: 'Sedang ditangani' },
  redelivered: { en: 'Redelivered', id: 'Dikirim ulang' },
  lag: { en: 'Lag', id: 'Tertinggal' },
  dead: { en: 'Dead letters', id: 'Surat mati' },
  errors: { en: 'Recent errors', id: 'Galat terakhir' },
  noErrors: { en: 'No errors in this time', id: 'Tidak ada galat dalam waktu ini' },
  time: { en: 'Time', id: 'Waktu' },
  operation: { en: 'Operation', id: 'Operasi' },
  message: { en: 'Message', id: 'Pesan' },
  trace: { en: 'Trace', id: 'Jejak' },
  open: { en: 'open', id: 'buka' },
  nothing: { en: 'Nothing was heard in this time', id: 'Tidak terdengar apa pun dalam waktu ini' },
};

const figures = [
  { id: 'p50', of: 'p50Ms' },
  { id: 'p95', of: 'p95Ms' },
  { id: 'p99', of: 'p99Ms' },
] as const;

const codesText = (codes: { [code: string]: bigint }) =>
  Object.entries(codes)
    .sort(([, a], [, b]) => Number(b - a))
    .map(([code, calls]) => `${code} ${count(calls)}`)
    .join(', ');

export function RpcTable(props: { rows: readonly RpcSignals[]; chosen: string; onChoose: (rpc: string) => void }) {
  const columns: Column<RpcSignals>[] = [
    {
      id: 'rpc',
      title: { en: 'RPC', id: 'RPC' },
      value: ({ rpc }) => rpc,
      cell: ({ rpc }) => (
        <button
          type="button"
          className="link"
          aria-pressed={rpc === props.chosen}
          title={rpc}
          onClick={() => props.onChoose(rpc === props.chosen ? '' : rpc)}
        >
          {localRpc(rpc)}
        </button>
      ),
    },
    {
      id: 'rate',
      title: T.rate,
      numeric: true,
      value: ({ signals }) => signals?.rate ?? 0,
      cell: ({ signals }) => rate(signals?.rate ?? 0),
    },
    {
      id: 'success',
      title: T.success,
      numeric: true,
      value: ({ signals }) => signals?.successRatio ?? 1,
      cell: ({ signals }) => <Success ratio={signals?.successRatio ?? 1} calls={signals?.calls ?? 0n} />,
    },
    ...figures.map(
      ({ id, of }): Column<RpcSignals> => ({
        id,
        title: { en: id, id },
        numeric: true,
        value: ({ signals }) => signals?.[of] ?? 0,
        cell: ({ signals }) => milliseconds(signals?.[of] ?? 0),
      }),
    ),
    { id: 'codes', title: T.codes, cell: ({ codes }) => codesText(codes) },
    { id: 'access', title: T.access, value: ({ access }) => access, cell: ({ access }) => <code>{access}</code> },
    {
      id: 'deadline',
      title: T.deadline,
      numeric: true,
      value: ({ deadlineMs }) => deadlineMs,
      cell: ({ deadlineMs }) => milliseconds(deadlineMs),
    },
  ];
  return (
    <Table
      caption={T.rpcs}
      columns={columns}
      rows={props.rows}
      keyOf={({ rpc }) => rpc}
      sortParameter="rpcs"
      presetSort="-rate"
      empty={T.nothing}
    />
  );
}

export function InstanceTable({ rows }: { rows: readonly Instance[] }) {
  const columns: Column<Instance>[] = [
    { id: 'id', title: T.instance, cell: ({ id }) => <code>{id.slice(0, 13)}</code> },
    { id: 'version', title: T.version, cell: ({ version }) => version || '–' },
    { id: 'health', title: T.health, cell: ({ health }) => <HealthBadge health={health} /> },
    {
      id: 'uptime',
      title: T.uptime,
      numeric: true,
      cell: ({ startTime, lastTime }) =>
        startTime && lastTime ? milliseconds(timestampMs(lastTime) - timestampMs(startTime)) : '–',
    },
    { id: 'memory', title: T.memory, numeric: true, cell: ({ memoryBytes }) => bytes(memoryBytes) },
    { id: 'cpu', title: T.cpu, numeric: true, cell: ({ cpuCores }) => cpuCores.toFixed(2) },
    { id: 'delay', title: T.delay, numeric: true, cell: ({ eventLoopDelayMs }) => milliseconds(eventLoopDelayMs) },
  ];
  return <Table caption={T.instances} columns={columns} rows={rows} keyOf={({ id }) => id} empty={T.nothing} />;
}

const nameOf = (id: string) => id.replace(/^\w+:/, '');

export function EdgeTable({ rows, self }: { rows: readonly Edge[]; self: string }) {
  const t = useText();
  const inbound = (edge: Edge) => nameOf(edge.target) === self && /^(service|gateway):/.test(edge.target);
  const otherOf = (edge: Edge) => (inbound(edge) ? edge.source : edge.target);
  const columns: Column<Edge>[] = [
    {
      id: 'direction',
      title: T.direction,
      value: (edge) => (inbound(edge) ? 0 : 1),
      cell: (edge) => t(inbound(edge) ? T.inbound : T.outbound),
    },
    {
      id: 'other',
      title: T.other,
      value: otherOf,
      cell: (edge) => (
        <Link href={`/map?selected=${encodeURIComponent(edge.id)}`}>{otherOf(edge).replace(':', ' ')}</Link>
      ),
    },
    {
      id: 'rate',
      title: T.rate,
      numeric: true,
      value: ({ signals }) => signals?.rate ?? 0,
      cell: ({ signals }) => rate(signals?.rate ?? 0),
    },
    {
      id: 'success',
      title: T.success,
      numeric: true,
      cell: ({ signals }) => <Success ratio={signals?.successRatio ?? 1} calls={signals?.calls ?? 0n} />,
    },
    {
      id: 'p95',
      title: { en: 'p95', id: 'p95' },
      numeric: true,
      value: ({ signals }) => signals?.p95Ms ?? 0,
      cell: ({ signals }) => milliseconds(signals?.p95Ms ?? 0),
    },
    { id: 'security', title: T.security, cell: ({ security }) => (security ? t(SECURITY_NAMES[security]) : '–') },
    { id: 'retries', title: T.retries, numeric: true, cell: ({ retries }) => (retries ? count(retries) : '–') },
    { id: 'timeouts', title: T.timeouts, numeric: true, cell: ({ timeouts }) => (timeouts ? count(timeouts) : '–') },
    { id: 'denials', title: T.denials, numeric: true, cell: ({ denials }) => (denials ? count(denials) : '–') },
    {
      id: 'breaker',
      title: T.breaker,
      cell: ({ breaker }) => (breaker === BreakerState.UNSPECIFIED ? '–' : t(BREAKER_NAMES[breaker])),
    },
  ];
  return (
    <Table
      caption={T.edges}
      columns={columns}
      rows={rows}
      keyOf={({ id }) => id}
      sortParameter="edges"
      presetSort="-rate"
    />
  );
}

export function ConsumerTable({ rows }: { rows: readonly ConsumerState[] }) {
  const columns: Column<ConsumerState>[] = [
    {
      id: 'durable',
      title: T.consumer,
      value: ({ durable }) => durable,
      cell: ({ durable }) => <code>{durable}</code>,
    },
    {
      id: 'stream',
      title: T.stream,
      value: ({ stream }) => stream,
      cell: ({ stream }) => <Link href={`/events?stream=${stream}`}>{stream}</Link>,
    },
    {
      id: 'rate',
      title: T.rate,
      numeric: true,
      value: ({ signals }) => signals?.rate ?? 0,
      cell: ({ signals }) => rate(signals?.rate ?? 0),
    },
    {
      id: 'success',
      title: T.success,
      numeric: true,
      cell: ({ signals }) => <Success ratio={signals?.successRatio ?? 1} calls={signals?.calls ?? 0n} />,
    },
    {
      id: 'p95',
      title: { en: 'p95', id: 'p95' },
      numeric: true,
      cell: ({ signals }) => milliseconds(signals?.p95Ms ?? 0),
    },
    {
      id: 'pending',
      title: T.pending,
      numeric: true,
      value: ({ pending }) => pending,
      cell: ({ pending }) => count(pending),
    },
    {
      id: 'ack',
      title: T.unacknowledged,
      numeric: true,
      value: ({ ackPending }) => ackPending,
      cell: ({ ackPending }) => count(ackPending),
    },
    { id: 'redelivered', title: T.redelivered, numeric: true, cell: ({ redelivered }) => count(redelivered) },
    {
      id: 'lag',
      title: T.lag,
      numeric: true,
      value: ({ lagSeconds }) => lagSeconds,
      cell: ({ lagSeconds }) => milliseconds(lagSeconds * 1_000),
    },
    {
      id: 'dead',
      title: T.dead,
      numeric: true,
      value: ({ deadLetters }) => deadLetters,
      cell: ({ deadLetters, durable }) =>
        deadLetters ? <Link href={`/events?show=dead&durable=${durable}`}>{count(deadLetters)}</Link> : '–',
    },
  ];
  return (
    <Table
      caption={T.consumers}
      columns={columns}
      rows={rows}
      keyOf={({ durable }) => durable}
      sortParameter="consumers"
      presetSort="durable"
    />
  );
}

export function ErrorTable({ rows }: { rows: readonly RecentError[] }) {
  const t = useText();
  const columns: Column<RecentError>[] = [
    { id: 'time', title: T.time, cell: ({ time }) => <code>{time ? clock(timestampMs(time)) : ''}</code> },
    { id: 'operation', title: T.operation, cell: ({ operation }) => localRpc(operation) },
    { id: 'code', title: T.codes, cell: ({ code }) => <code>{code}</code> },
    { id: 'message', title: T.message, cell: ({ message }) => message },
    {
      id: 'trace',
      title: T.trace,
      cell: ({ traceId }) => (traceId ? <Link href={`/traces/${traceId}`}>{t(T.open)}</Link> : '–'),
    },
  ];
  const keyed = rows.map((row, index) => ({ ...row, key: String(index) }));
  return (
    <Table
      caption={T.errors}
      columns={columns}
      rows={keyed}
      keyOf={(row) => (row as { key?: string }).key ?? ''}
      empty={T.noErrors}
    />
  );
}
