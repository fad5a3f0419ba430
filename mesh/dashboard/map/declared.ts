import { EdgeKind, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { streamOf } from '@kreki/runtime/events/subjects';
import { gateway, type ServiceName, serviceNames, services } from '../../topology.ts';
import type { Graph, GraphEdge } from './graph.ts';

/** Everything that the topology names, whether or not anything was heard of it. */
export function addDeclared(graph: Graph): void {
  const client = graph.node(NodeKind.CLIENT, 'client');
  const edge = graph.workload('gateway');
  edge.tier = 1;
  for (const node of [client, edge]) node.declared = true;
  declare(graph.edge(EdgeKind.CALL, client, edge));
  for (const called of Object.keys(gateway.calls)) declare(graph.edge(EdgeKind.CALL, edge, graph.workload(called)));
  declare(graph.edge(EdgeKind.STORE, edge, cache(graph)));
  for (const name of serviceNames) addService(graph, name);
}

function addService(graph: Graph, name: ServiceName): void {
  const { tier, calls, publishes, consumes, stores, providers = [] } = services[name];
  const node = graph.workload(name);
  node.tier = tier;
  node.declared = true;
  for (const called of Object.keys(calls)) declare(graph.edge(EdgeKind.CALL, node, graph.workload(called)));
  if (publishes) declare(graph.edge(EdgeKind.PUBLISH, node, stream(graph, name)));
  for (const { from, durable } of consumes) {
    declare(graph.edge(EdgeKind.CONSUME, stream(graph, from), node, durable));
  }
  if (stores.postgres) {
    const database = graph.node(NodeKind.DATABASE, name);
    database.declared = true;
    declare(graph.edge(EdgeKind.STORE, node, database));
  }
  if (stores.redis) declare(graph.edge(EdgeKind.STORE, node, cache(graph)));
  for (const provider of providers) {
    const outside = graph.node(NodeKind.PROVIDER, provider);
    outside.declared = true;
    declare(graph.edge(EdgeKind.PROVIDE, node, outside));
  }
}

function stream(graph: Graph, domain: ServiceName) {
  const node = graph.node(NodeKind.STREAM, streamOf(domain));
  node.declared = true;
  return node;
}

function cache(graph: Graph) {
  const node = graph.node(NodeKind.CACHE, 'redis');
  node.declared = true;
  node.health = Health.UNSPECIFIED;
  return node;
}

function declare(edge: GraphEdge): void {
  edge.declared = true;
}
