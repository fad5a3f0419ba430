import type { Edge, Node, ProxyView } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { BreakerState, EdgeKind, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import type { GoldenSignals } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { Link } from 'wouter';
import { count, milliseconds, rate } from '../lib/format.ts';
import { type Text, useText } from '../lib/language.tsx';
import { HealthBadge, Success } from '../parts/health.tsx';
import { BREAKER_NAMES, KIND_NAMES, SECURITY_NAMES } from './labels.ts';

const TEXTS = {
  rate: { en: 'Rate', id: 'Laju' },
  success: { en: 'Success', id: 'Keberhasilan' },
  calls: { en: 'Calls', id: 'Panggilan' },
  faults: { en: 'Faults', id: 'Kegagalan' },
  refusals: { en: 'Refusals', id: 'Penolakan' },
  before: { en: 'Before', id: 'Sebelumnya' },
  now: { en: 'Now', id: 'Sekarang' },
  identity: { en: 'Caller identity', id: 'Identitas pemanggil' },
  security: { en: 'Security', id: 'Keamanan' },
  retries: { en: 'Retries', id: 'Percobaan ulang' },
  timeouts: { en: 'Time-outs', id: 'Habis waktu' },
  denials: { en: 'Denied', id: 'Ditolak' },
  breaker: { en: 'Circuit breaker', id: 'Pemutus arus' },
  pending: { en: 'Events waiting', id: 'Peristiwa menunggu' },
  lag: { en: 'Lag', id: 'Ketertinggalan' },
  durable: { en: 'Consumer', id: 'Konsumen' },
  declared: { en: 'In the topology', id: 'Dalam topologi' },
  yes: { en: 'yes', id: 'ya' },
  no: { en: 'no: seen, but not declared', id: 'tidak: terlihat, tetapi tidak dinyatakan' },
  open: { en: 'Open the service', id: 'Buka layanan' },
  instances: { en: 'Instances', id: 'Instans' },
  events: { en: 'Open the events', id: 'Buka peristiwa' },
  proxies: { en: 'As Linkerd’s proxies see it', id: 'Menurut proksi Linkerd' },
  requests: { en: 'Requests begun', id: 'Permintaan dimulai' },
  unsecured: { en: 'Without mTLS', id: 'Tanpa mTLS' },
  server: { en: 'Server identity', id: 'Identitas server' },
} satisfies Record<string, Text>;

/** Everything known of the node that was chosen; `children` are its edges. */
export function NodeDetails({ node, children }: { node: Node; children: React.ReactNode }) {
  const t = useText();
  const workload = node.kind === NodeKind.SERVICE || node.kind === NodeKind.GATEWAY;
  return (
    <aside className="details" aria-label={node.title}>
      <p className="kind">
        {t(KIND_NAMES[node.kind])}
        {node.tier > 0 && ` · tier ${node.tier}`}
      </p>
      <h2>{node.title}</h2>
      {node.kind !== NodeKind.CLIENT && <HealthBadge health={node.health} reason={node.healthReason} />}
      {node.healthReason && <p className="note">{node.healthReason}</p>}
      <SignalList signals={node.signals} previous={node.previous} />
      <dl>
        {node.instances > 0 && <Item name={TEXTS.instances} value={node.instances} />}
        <Item name={TEXTS.declared} value={t(node.declared ? TEXTS.yes : TEXTS.no)} />
      </dl>
      {workload && <Link href={`/services/${node.title}`}>{t(TEXTS.open)} →</Link>}
      {node.kind === NodeKind.STREAM && <Link href={`/events?stream=${node.title}`}>{t(TEXTS.events)} →</Link>}
      {children}
    </aside>
  );
}

/** Everything known of the edge that was chosen. */
export function EdgeDetails({ edge }: { edge: Edge }) {
  const t = useText();
  const title = `${edge.source.replace(/^\w+:/, '')} → ${edge.target.replace(/^\w+:/, '')}`;
  const call = edge.kind === EdgeKind.CALL;
  return (
    <aside className="details" aria-label={title}>
      <p className="kind">{EdgeKind[edge.kind].toLowerCase()}</p>
      <h2>{title}</h2>
      <SignalList signals={edge.signals} previous={edge.previous} />
      <dl>
        {edge.durable && <Item name={TEXTS.durable} value={<code>{edge.durable}</code>} />}
        {edge.kind === EdgeKind.CONSUME && <Item name={TEXTS.pending} value={count(edge.pending)} />}
        {edge.kind === EdgeKind.CONSUME && <Item name={TEXTS.lag} value={milliseconds(edge.lagSeconds * 1_000)} />}
        {call && <Item name={TEXTS.security} value={t(SECURITY_NAMES[edge.security])} />}
        {edge.identity && <Item name={TEXTS.identity} value={<code>{edge.identity}</code>} />}
        {call && <Item name={TEXTS.retries} value={count(edge.retries)} />}
        {call && <Item name={TEXTS.timeouts} value={count(edge.timeouts)} />}
        {call && <Item name={TEXTS.denials} value={count(edge.denials)} />}
        {edge.breaker !== BreakerState.UNSPECIFIED && (
          <Item name={TEXTS.breaker} value={t(BREAKER_NAMES[edge.breaker])} />
        )}
        <Item name={TEXTS.declared} value={t(edge.declared ? TEXTS.yes : TEXTS.no)} />
      </dl>
      {edge.proxy && <ProxyDetails proxy={edge.proxy} />}
    </aside>
  );
}

/** The same edge as Linkerd's proxies counted it. */
function ProxyDetails({ proxy }: { proxy: ProxyView }) {
  const t = useText();
  return (
    <section aria-label={t(TEXTS.proxies)}>
      <h3>{t(TEXTS.proxies)}</h3>
      <SignalList signals={proxy.signals} previous={undefined} />
      <dl>
        <Item name={TEXTS.requests} value={count(proxy.requests)} />
        <Item name={TEXTS.unsecured} value={count(proxy.unsecured)} />
        {proxy.clientId && <Item name={TEXTS.identity} value={<code>{proxy.clientId}</code>} />}
        {proxy.serverId && <Item name={TEXTS.server} value={<code>{proxy.serverId}</code>} />}
      </dl>
    </section>
  );
}

function Item({ name, value }: { name: Text; value: React.ReactNode }) {
  const t = useText();
  return (
    <div>
      <dt>{t(name)}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The golden signals, beside those of the time before where they were asked for. */
function SignalList({
  signals,
  previous,
}: {
  signals: GoldenSignals | undefined;
  previous: GoldenSignals | undefined;
}) {
  const t = useText();
  if (!signals) return null;
  const rows: [string, (of: GoldenSignals) => React.ReactNode][] = [
    [t(TEXTS.rate), (of) => rate(of.rate)],
    [t(TEXTS.success), (of) => <Success ratio={of.successRatio} calls={of.calls} />],
    ['p50', (of) => milliseconds(of.p50Ms)],
    ['p95', (of) => milliseconds(of.p95Ms)],
    ['p99', (of) => milliseconds(of.p99Ms)],
    [t(TEXTS.calls), (of) => count(of.calls)],
    [t(TEXTS.faults), (of) => count(of.faults)],
    [t(TEXTS.refusals), (of) => count(of.refusals)],
  ];
  return (
    <table className="signals">
      {previous && (
        <thead>
          <tr>
            <td />
            <th scope="col">{t(TEXTS.now)}</th>
            <th scope="col">{t(TEXTS.before)}</th>
          </tr>
        </thead>
      )}
      <tbody>
        {rows.map(([name, show]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{show(signals)}</td>
            {previous && <td className="muted">{show(previous)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
