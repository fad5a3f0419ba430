import { BreakerState, EdgeKind, EdgeSecurity, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { answered, handled, type Measured, provided, sent, stored } from '../signals/measured.ts';
import type { Span } from '../store/metrics.ts';
import type { Telemetry } from '../store/telemetry.ts';
import type { Graph } from './graph.ts';

/** Which signals a measurement adds to: those of the time asked for, or of the time before. */
type Which = 'signals' | 'previous';

/** Everything that was measured in a span of time. */
export function addObserved(graph: Graph, telemetry: Telemetry, span: Span, which: Which = 'signals'): void {
  for (const each of answered(telemetry, span)) addAnswered(graph, each, which);
  for (const each of sent(telemetry, span)) addSent(graph, each, which);
  for (const each of handled(telemetry, span)) addHandled(graph, each, which);
  for (const each of stored(telemetry, span)) addStored(graph, each, which);
  for (const each of provided(telemetry, span)) addProvided(graph, each, which);
  addPublished(graph, telemetry, span, which);
  if (which === 'previous') return;
  addCounts(graph, telemetry, span);
  addBreakers(graph, telemetry, span);
}

/** A call as the called end saw it: it knows who called, and how the connection is secured. */
function addAnswered(graph: Graph, call: Measured, which: Which): void {
  const node = graph.workload(call.workload);
  node.instances.add(call.instance);
  node[which].add(call.code, call.durations);
  const outside = call.workload === 'gateway';
  const caller = outside ? 'client' : call.attributes['kreki.caller'];
  if (!caller) return;
  const source = outside ? graph.node(NodeKind.CLIENT, 'client') : graph.workload(caller);
  const edge = graph.edge(EdgeKind.CALL, source, node);
  edge[which].add(call.code, call.durations);
  if (call.code === 'deadline_exceeded' && which === 'signals') edge.timeouts += call.durations.count;
  const security = SECURITY[call.attributes['kreki.security'] ?? ''];
  if (security === undefined) return;
  edge.security = security;
  edge.identity = caller;
}

const SECURITY: Readonly<Record<string, EdgeSecurity>> = {
  mtls: EdgeSecurity.MTLS,
  linkerd: EdgeSecurity.MTLS,
  tls: EdgeSecurity.TLS,
  plaintext: EdgeSecurity.PLAINTEXT,
};

/** A call that its caller gave up on never arrives as such: deadlines are counted where they end. */
function addSent(graph: Graph, call: Measured, which: Which): void {
  const callee = call.attributes['kreki.callee'];
  if (!callee || which === 'previous') return;
  const edge = graph.edge(EdgeKind.CALL, graph.workload(call.workload), graph.workload(callee));
  if (call.code === 'deadline_exceeded') edge.timeouts = Math.max(edge.timeouts, call.durations.count);
  // Of a called end that does not say who calls it, the caller's own measurement is all there is.
  if (edge.signals.calls === 0) edge.signals.add(call.code, call.durations);
}

function addHandled(graph: Graph, event: Measured, which: Which): void {
  const stream = event.attributes['messaging.destination.name'];
  const durable = event.attributes['messaging.consumer.group.name'];
  if (!stream || !durable) return;
  const node = graph.workload(event.workload);
  node.instances.add(event.instance);
  const source = graph.node(NodeKind.STREAM, stream);
  graph.edge(EdgeKind.CONSUME, source, node, durable)[which].add(event.code, event.durations);
}

function addStored(graph: Graph, statement: Measured, which: Which): void {
  const redis = statement.attributes['db.system.name'] === 'redis';
  const store = redis ? graph.node(NodeKind.CACHE, 'redis') : graph.node(NodeKind.DATABASE, statement.workload);
  store[which].add(statement.code, statement.durations);
  const edge = graph.edge(EdgeKind.STORE, graph.workload(statement.workload), store);
  edge[which].add(statement.code, statement.durations);
}

function addProvided(graph: Graph, message: Measured, which: Which): void {
  const provider = graph.node(NodeKind.PROVIDER, message.operation);
  provider[which].add(message.code, message.durations);
  const edge = graph.edge(EdgeKind.PROVIDE, graph.workload(message.workload), provider);
  edge[which].add(message.code, message.durations);
}

function addPublished(graph: Graph, { metrics }: Telemetry, span: Span, which: Which): void {
  for (const [{ workload, attributes }, count] of metrics.increases('kreki.events.published', span)) {
    const stream = graph.node(NodeKind.STREAM, attributes['messaging.destination.name'] ?? '');
    stream[which].count(count);
    graph.edge(EdgeKind.PUBLISH, graph.workload(workload), stream)[which].count(count);
  }
}

function addCounts(graph: Graph, { metrics }: Telemetry, span: Span): void {
  for (const [{ workload, attributes }, count] of metrics.increases('kreki.rpc.client.retries', span)) {
    const callee = attributes['kreki.callee'];
    if (callee) graph.edge(EdgeKind.CALL, graph.workload(workload), graph.workload(callee)).retries += count;
  }
  for (const [{ workload, attributes }, count] of metrics.increases('kreki.rpc.denied', span)) {
    const caller = attributes['kreki.caller'];
    if (caller) graph.edge(EdgeKind.CALL, graph.workload(caller), graph.workload(workload)).denials += count;
  }
}

const BREAKERS = [BreakerState.CLOSED, BreakerState.HALF_OPEN, BreakerState.OPEN] as const;

/** Of several replicas the worst counts. */
function addBreakers(graph: Graph, { metrics }: Telemetry, span: Span): void {
  for (const [{ workload, attributes }, { value }] of metrics.latest('kreki.rpc.client.breaker.state', span)) {
    const callee = attributes['kreki.callee'];
    const state = BREAKERS[Number(value)];
    if (!callee || state === undefined) continue;
    const edge = graph.edge(EdgeKind.CALL, graph.workload(workload), graph.workload(callee));
    edge.breaker = Math.max(edge.breaker, state);
  }
}
