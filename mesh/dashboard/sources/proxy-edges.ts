import { Signals } from '../signals/golden.ts';
import { Distribution } from '../store/distribution.ts';
import type { Span } from '../store/metrics.ts';
import type { Ask, Sample } from './prometheus.ts';

/** What Linkerd's proxies say of the calls from one workload to another. */
export interface ProxyEdge {
  /** Deployment of the caller; empty for who is not of the mesh's namespace. */
  readonly source: string;
  readonly target: string;
  /** Responses by the proxy's classification, with their latencies. */
  readonly signals: Signals;
  /** Requests begun, answered or not. */
  requests: number;
  /** Requests and responses that no mTLS secured. */
  unsecured: number;
  /** The caller as the called end's proxy saw it, and the other way round; empty where neither had one. */
  clientId: string;
  serverId: string;
}

/**
 * Golden metrics of each edge over a span of time, from the callers' proxies, and who called, from the proxies of the called. The labels
 * `namespace` and `deployment` are those that Linkerd's scrape configuration gives.
 */
export async function readProxyEdges(ask: Ask, namespace: string, { startMs, endMs }: Span): Promise<ProxyEdge[]> {
  const window = `${Math.max(Math.round((endMs - startMs) / 1_000), 1)}s`;
  const outbound = `direction="outbound",namespace="${namespace}",dst_namespace="${namespace}"`;
  const inbound = `direction="inbound",namespace="${namespace}"`;
  const increase = (by: string, metric: string, of: string) =>
    ask(`sum by (${by}) (increase(${metric}{${of}}[${window}]))`, endMs);
  const [requests, responses, latencies, callers] = await Promise.all([
    increase('deployment, dst_deployment', 'request_total', outbound),
    increase('deployment, dst_deployment, tls, server_id, classification', 'response_total', outbound),
    increase('deployment, dst_deployment, classification, le', 'response_latency_ms_bucket', outbound),
    increase('deployment, client_id, tls', 'response_total', inbound),
  ]);
  const edges = new Edges();
  for (const { labels, value } of requests) edges.outbound(labels).requests += Math.round(value);
  for (const { labels, value } of responses) {
    const edge = edges.outbound(labels);
    if (labels.tls !== 'true') edge.unsecured += Math.round(value);
    edge.serverId ||= labels.server_id ?? '';
  }
  for (const [edge, code, durations] of durationsOf(edges, responses, latencies)) edge.signals.add(code, durations);
  for (const { labels } of callers) {
    if (labels.client_id) edges.inbound(labels, namespace).clientId = labels.client_id;
  }
  return edges.all().filter(({ requests, signals, clientId }) => requests > 0 || signals.calls > 0 || clientId);
}

class Edges {
  readonly #edges = new Map<string, ProxyEdge>();

  outbound({ deployment = '', dst_deployment = '' }: Sample['labels']): ProxyEdge {
    return this.#edge(deployment, dst_deployment);
  }

  /** `gateway.kreki.serviceaccount.identity.linkerd.cluster.local` is the account of the deployment of the same name. */
  inbound({ deployment = '', client_id = '' }: Sample['labels'], namespace: string): ProxyEdge {
    const [account = '', itsNamespace] = client_id.split('.');
    return this.#edge(itsNamespace === namespace ? account : '', deployment);
  }

  /** Those whose called end is known; a stateful set's pods, such as a database's, are no deployment. */
  all(): ProxyEdge[] {
    return [...this.#edges.values()].filter(({ target }) => target !== '');
  }

  #edge(source: string, target: string): ProxyEdge {
    const key = `${source}>${target}`;
    let edge = this.#edges.get(key);
    if (!edge) {
      edge = { source, target, signals: new Signals(), requests: 0, unsecured: 0, clientId: '', serverId: '' };
      this.#edges.set(key, edge);
    }
    return edge;
  }
}

/** Linkerd calls what failed a failure, without a code; one that is the mesh's fault stands for it. */
const CODES: Readonly<Record<string, string>> = { success: 'ok', failure: 'unavailable' };

/** Responses of each edge and classification, with how their latencies are distributed. */
function* durationsOf(
  edges: Edges,
  responses: readonly Sample[],
  latencies: readonly Sample[],
): Generator<[ProxyEdge, string, Distribution]> {
  const buckets = new Map<string, [bound: number, upTo: number][]>();
  const keyOf = ({ deployment, dst_deployment, classification }: Sample['labels']) =>
    JSON.stringify([deployment, dst_deployment, classification]);
  for (const { labels, value } of latencies) {
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le) / 1_000;
    buckets.set(keyOf(labels), [...(buckets.get(keyOf(labels)) ?? []), [bound, value]]);
  }
  const counts = new Map<string, { labels: Sample['labels']; count: number }>();
  for (const { labels, value } of responses) {
    const sum = counts.get(keyOf(labels)) ?? { labels, count: 0 };
    sum.count += value;
    counts.set(keyOf(labels), sum);
  }
  for (const [key, { labels, count }] of counts) {
    const durations = new Distribution();
    const ordered = (buckets.get(key) ?? []).sort(([a], [b]) => a - b);
    durations.addBounded(
      ordered.map(([bound]) => bound).filter(Number.isFinite),
      ordered.map(([, upTo], index) => Math.max(upTo - (ordered[index - 1]?.[1] ?? 0), 0)),
      undefined,
    );
    durations.count = Math.round(count);
    yield [edges.outbound(labels), CODES[labels.classification ?? ''] ?? 'unknown', durations];
  }
}
