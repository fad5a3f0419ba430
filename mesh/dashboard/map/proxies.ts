import { EdgeKind, EdgeSecurity, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import type { ProxyEdge } from '../sources/proxy-edges.ts';
import type { Graph } from './graph.ts';

/** What the proxies saw of each edge, beside what the processes measured. An edge is as secure as its least secured call. */
export function addProxies(graph: Graph, edges: readonly ProxyEdge[]): void {
  for (const seen of edges) {
    // Of callers from outside only those of the edge are shown: everybody's health is asked by the kubelet.
    if (!seen.source && seen.target !== 'gateway') continue;
    const source = seen.source ? graph.workload(seen.source) : graph.node(NodeKind.CLIENT, 'client');
    const edge = graph.edge(EdgeKind.CALL, source, graph.workload(seen.target));
    edge.proxy = seen;
    edge.identity ||= seen.clientId;
    if (seen.unsecured > 0) edge.security = EdgeSecurity.PLAINTEXT;
    else if (edge.security === EdgeSecurity.UNSPECIFIED && (seen.clientId || seen.serverId)) {
      edge.security = EdgeSecurity.MTLS;
    }
  }
}
