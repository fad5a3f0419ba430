import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  BreakerState,
  type EdgeKind,
  type EdgeSchema,
  EdgeSecurity,
  NodeKind,
  type NodeSchema,
} from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { Signals } from '../signals/golden.ts';
import type { ProxyEdge } from '../sources/proxy-edges.ts';
import type { Span } from '../store/metrics.ts';

/** A part of the mesh while the map is drawn. */
export interface GraphNode {
  readonly id: string;
  kind: NodeKind;
  readonly title: string;
  tier: number;
  declared: boolean;
  health: Health;
  healthReason: string;
  readonly signals: Signals;
  readonly previous: Signals;
  readonly instances: Set<string>;
}

/** Something that passes between two parts, while the map is drawn. */
export interface GraphEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly kind: EdgeKind;
  readonly durable: string;
  declared: boolean;
  identity: string;
  security: EdgeSecurity;
  retries: number;
  timeouts: number;
  denials: number;
  breaker: BreakerState;
  pending: number;
  lagMs: number;
  /** As Linkerd's proxies saw it; undefined where there are none. */
  proxy: ProxyEdge | undefined;
  readonly signals: Signals;
  readonly previous: Signals;
}

/** The map while it is drawn: steps add to it what each knows. */
export class Graph {
  readonly nodes = new Map<string, GraphNode>();
  readonly edges = new Map<string, GraphEdge>();

  node(kind: NodeKind, title: string): GraphNode {
    const id = nodeId(kind, title);
    let node = this.nodes.get(id);
    if (!node) {
      node = {
        id,
        kind,
        title,
        tier: 0,
        declared: false,
        health: Health.UNSPECIFIED,
        healthReason: '',
        signals: new Signals(),
        previous: new Signals(),
        instances: new Set(),
      };
      this.nodes.set(id, node);
    }
    return node;
  }

  /** The part that a process is, by its `service.name`. */
  workload(name: string): GraphNode {
    return this.node(name === 'gateway' ? NodeKind.GATEWAY : NodeKind.SERVICE, name);
  }

  edge(kind: EdgeKind, source: GraphNode, target: GraphNode, durable = ''): GraphEdge {
    const id = `${source.id}>${target.id}${durable && `#${durable}`}`;
    let edge = this.edges.get(id);
    if (!edge) {
      edge = {
        id,
        source: source.id,
        target: target.id,
        kind,
        durable,
        declared: false,
        identity: '',
        security: EdgeSecurity.UNSPECIFIED,
        retries: 0,
        timeouts: 0,
        denials: 0,
        breaker: BreakerState.UNSPECIFIED,
        pending: 0,
        lagMs: 0,
        proxy: undefined,
        signals: new Signals(),
        previous: new Signals(),
      };
      this.edges.set(id, edge);
    }
    return edge;
  }

  /** The map as the contract has it; in the order of ids, so that nothing on a page changes places. */
  drawn(span: Span, previous: Span | undefined) {
    return {
      nodes: inOrder(this.nodes).map((node) => nodeMessage(node, span, previous)),
      edges: inOrder(this.edges).map((edge) => edgeMessage(edge, span, previous)),
    };
  }
}

const PREFIX: Readonly<Record<NodeKind, string>> = {
  [NodeKind.UNSPECIFIED]: 'unknown',
  [NodeKind.CLIENT]: 'client',
  [NodeKind.GATEWAY]: 'gateway',
  [NodeKind.SERVICE]: 'service',
  [NodeKind.DATABASE]: 'database',
  [NodeKind.CACHE]: 'cache',
  [NodeKind.STREAM]: 'stream',
  [NodeKind.PROVIDER]: 'provider',
};

const inOrder = <T extends { readonly id: string }>(parts: ReadonlyMap<string, T>): T[] =>
  [...parts.values()].sort((a, b) => (a.id < b.id ? -1 : 1));

const nodeId = (kind: NodeKind, title: string) => `${PREFIX[kind]}:${title}`;

function nodeMessage(node: GraphNode, span: Span, previous: Span | undefined): MessageInitShape<typeof NodeSchema> {
  const { id, kind, title, tier, health, healthReason, declared, signals } = node;
  return {
    id,
    kind,
    title,
    tier,
    health,
    healthReason,
    declared,
    instances: node.instances.size,
    signals: signals.golden(span),
    ...(previous && { previous: node.previous.golden(previous) }),
  };
}

export function edgeMessage(edge: GraphEdge, span: Span, previous?: Span): MessageInitShape<typeof EdgeSchema> {
  const { id, source, target, kind, durable, declared, identity, security, breaker, lagMs, proxy } = edge;
  return {
    id,
    source,
    target,
    kind,
    durable,
    declared,
    identity,
    security,
    breaker,
    retries: BigInt(edge.retries),
    timeouts: BigInt(edge.timeouts),
    denials: BigInt(edge.denials),
    pending: BigInt(edge.pending),
    lagSeconds: lagMs / 1_000,
    signals: edge.signals.golden(span),
    ...(proxy && {
      proxy: {
        requests: BigInt(proxy.requests),
        unsecured: BigInt(proxy.unsecured),
        clientId: proxy.clientId,
        serverId: proxy.serverId,
        signals: proxy.signals.golden(span),
      },
    }),
    ...(previous && { previous: edge.previous.golden(previous) }),
  };
}
