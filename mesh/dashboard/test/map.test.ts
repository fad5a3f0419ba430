import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BreakerState, EdgeSecurity } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { drawGraph } from '../map/draw.ts';
import type { Sources } from '../sources/sources.ts';
import { durations, FIVE_MINUTES, type Measurement, measure, NOW_MS, telemetryOf } from './made.ts';

/** Nothing but telemetry can be read. */
const SILENT: Sources = {
  health: () => undefined,
  streams: () => undefined,
  proxies: () => undefined,
  statuses: () => [],
};

const METHOD = 'kreki.emergency.v1.EmergencyService/Get';
const WATCH = 'kreki.emergency.v1.EmergencyService/Watch';
const call = (code: string, count: number, more: Partial<Measurement> = {}): Measurement => ({
  workload: 'emergency',
  metric: 'rpc.server.call.duration',
  attributes: {
    'rpc.method': METHOD,
    'rpc.response.status_code': code,
    'kreki.caller': 'gateway',
    'kreki.security': 'mtls',
  },
  value: durations(count),
  ...more,
});

function drawn(made: readonly Measurement[], sources = SILENT, withPrevious = false) {
  const telemetry = telemetryOf();
  // As they arrive: what was measured first comes first.
  for (const each of made.toSorted((a, b) => (a.timeMs ?? NOW_MS) - (b.timeMs ?? NOW_MS))) measure(telemetry, each);
  const graph = drawGraph(telemetry, sources, FIVE_MINUTES, withPrevious);
  const before = { startMs: FIVE_MINUTES.startMs - 300_000, endMs: FIVE_MINUTES.startMs };
  const { nodes, edges } = graph.drawn(FIVE_MINUTES, withPrevious ? before : undefined);
  return {
    node: (id: string) => nodes.find((node) => node.id === id),
    edge: (id: string) => edges.find((edge) => edge.id === id),
  };
}

test('streams count as calls, and how long they live is in no percentile', () => {
  const { node, edge } = drawn([
    call('OK', 90),
    call('OK', 60, {
      attributes: { ...call('OK', 0).attributes, 'rpc.method': WATCH, 'kreki.rpc.kind': 'server_streaming' },
      value: durations(60, 600),
    }),
  ]);
  for (const { signals } of [node('service:emergency') ?? {}, edge('gateway:gateway>service:emergency') ?? {}]) {
    assert.equal(signals?.calls, 150n);
    assert.ok((signals?.p99Ms ?? 0) < 11, `${signals?.p99Ms} ms`);
  }
});

test('calls of all instances and RPCs add up on the node and on the edge of their caller', () => {
  const { node, edge } = drawn([
    call('OK', 60),
    call('OK', 32, { instance: 'two' }),
    call('UNAVAILABLE', 5, { instance: 'two' }),
    call('NOT_FOUND', 3),
    call('OK', 1_000, { timeMs: NOW_MS - 400_000 }),
  ]);
  const emergency = node('service:emergency');
  assert.deepEqual(
    [emergency?.instances, emergency?.signals?.calls, emergency?.signals?.faults, emergency?.signals?.refusals],
    [2, 100n, 5n, 3n],
  );
  const from = edge('gateway:gateway>service:emergency');
  assert.deepEqual([from?.signals?.calls, from?.signals?.successRatio], [100n, 0.95]);
  assert.ok(Math.abs((from?.signals?.rate ?? 0) - 100 / 300) < 1e-9);
  assert.deepEqual([from?.identity, from?.security, from?.declared], ['gateway', EdgeSecurity.MTLS, true]);
});

test('below 95 % of success a part is degraded, below 90 % it is down; the caller’s mistakes count as success', () => {
  const healthAt = (faults: number) =>
    drawn([call('OK', 100 - faults), call('INTERNAL', faults)]).node('service:emergency')?.health;
  assert.deepEqual([5, 6, 10, 11].map(healthAt), [Health.SERVING, Health.DEGRADED, Health.DEGRADED, Health.DOWN]);
  assert.equal(drawn([call('PERMISSION_DENIED', 100)]).node('service:emergency')?.health, Health.SERVING);
  assert.equal(drawn([]).node('service:emergency')?.health, Health.UNSPECIFIED);
});

test('the time before is told beside, and only where it is asked for', () => {
  const made = [call('OK', 10), call('OK', 4, { timeMs: NOW_MS - 400_000 })];
  const { signals, previous } = drawn(made, SILENT, true).edge('gateway:gateway>service:emergency') ?? {};
  assert.deepEqual([signals?.calls, previous?.calls], [10n, 4n]);
  assert.equal(drawn(made).edge('gateway:gateway>service:emergency')?.previous, undefined);
});

test('an edge has the retries, denials and time-outs of its caller, and of several breakers the worst', () => {
  const toAuth = { 'kreki.callee': 'auth', 'rpc.method': 'kreki.auth.v1.AuthService/GetJwks' };
  const { edge } = drawn([
    { workload: 'emergency', metric: 'kreki.rpc.client.retries', attributes: toAuth, value: 3 },
    { workload: 'auth', metric: 'kreki.rpc.denied', attributes: { 'kreki.caller': 'emergency' }, value: 2 },
    {
      workload: 'emergency',
      metric: 'rpc.client.call.duration',
      attributes: { ...toAuth, 'rpc.response.status_code': 'DEADLINE_EXCEEDED' },
      value: durations(4),
    },
    ...['0', '2', '1'].map(
      (state, index): Measurement => ({
        workload: 'emergency',
        metric: 'kreki.rpc.client.breaker.state',
        attributes: { 'kreki.callee': 'auth' },
        instance: String(index),
        value: Number(state),
      }),
    ),
  ]);
  const found = edge('service:emergency>service:auth');
  assert.deepEqual([found?.retries, found?.denials, found?.timeouts, found?.breaker], [3n, 2n, 4n, BreakerState.OPEN]);
});

test('a process that the topology does not know, in any language, appears by itself', () => {
  const { node } = drawn([
    {
      workload: 'billing',
      metric: 'http.server.request.duration',
      attributes: { 'http.request.method': 'POST', 'http.route': '/pay', 'http.response.status_code': '502' },
      value: durations(2),
    },
  ]);
  const billing = node('service:billing');
  assert.deepEqual([billing?.declared, billing?.signals?.calls, billing?.signals?.faults], [false, 2n, 2n]);
});

test('a consumer that does not keep up shows on its stream, with what waits on its edge', () => {
  const stream = {
    ...{ name: 'EVENTS_emergency', subjects: [], messages: 9, bytes: 900, maxBytes: 0 },
    ...{ firstSeq: 1, lastSeq: 9, lastMs: NOW_MS, rate: 0 },
  };
  const consumer = { stream: 'EVENTS_emergency', durable: 'notification-dispatch', redelivered: 0 };
  const { node, edge } = drawn([], {
    ...SILENT,
    streams: () => ({
      timeMs: NOW_MS,
      streams: [stream],
      consumers: [{ ...consumer, pending: 5, ackPending: 2, lagMs: 30_000 }],
      deadLetters: 0,
      deadLettersOf: new Map(),
    }),
  });
  const late = node('stream:EVENTS_emergency');
  assert.deepEqual([late?.health, late?.healthReason], [Health.DEGRADED, 'notification-dispatch is 30 s behind']);
  const read = edge('stream:EVENTS_emergency>service:notification#notification-dispatch');
  assert.deepEqual([read?.pending, read?.lagSeconds], [7n, 30]);
});
