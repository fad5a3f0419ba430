import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { TimeRangeSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { SearchTracesRequestSchema } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import type { Place } from '../store/segments.ts';
import { matcher } from '../traces/filter.ts';
import { searchTraces } from '../traces/search.ts';
import { addSpan, NOW_MS, telemetryOf, traceId } from './made.ts';

const EMERGENCY = '0199c0de-0000-7000-8000-000000000001';

/** Three presses: one in order, one that emergency failed at, one that was slow. */
function presses() {
  const telemetry = telemetryOf();
  const press = (trace: number, { durationMs = 20, fault = false, emergencyId = '' } = {}) => {
    const startMs = NOW_MS - 10_000 + trace * 1_000;
    const code = fault ? 'INTERNAL' : 'OK';
    const attributes = { 'kreki.emergency.id': emergencyId };
    const inside = { trace, startMs: startMs + 1, durationMs: durationMs - 2, code, fault, attributes, parent: true };
    addSpan(telemetry, { workload: 'emergency', name: 'EmergencyService/TriggerPanic', ...inside });
    addSpan(telemetry, { workload: 'emergency', name: 'sql insert_presses', ...inside, fault: false, code: 'OK' });
    addSpan(telemetry, {
      workload: 'gateway',
      name: 'EmergencyService/TriggerPanic',
      trace,
      startMs,
      durationMs,
      code,
    });
  };
  press(1, { emergencyId: EMERGENCY });
  press(2, { fault: true });
  press(3, { durationMs: 900 });
  return telemetry;
}

const telemetry = presses();
const rangeOf = (endMs: number, lengthMs: number) =>
  create(TimeRangeSchema, { endTime: timestampFromMs(endMs), length: durationFromMs(lengthMs) });
const range = rangeOf(NOW_MS, 300_000);

function search(request: MessageInitShape<typeof SearchTracesRequestSchema>, limit = 20) {
  const matches = matcher(create(SearchTracesRequestSchema, { range, ...request }));
  const found: string[] = [];
  let from: Place | undefined;
  let pages = 0;
  do {
    const page = searchTraces(telemetry.spans, matches, { from, limit });
    found.push(...page.traces.map((trace) => trace.traceId ?? ''));
    from = page.next;
    pages += 1;
  } while (from && pages < 50);
  return found.map((id) => Buffer.from(id, 'hex').readUInt32BE(12));
}

test('traces are found by workload, RPC, code, fault, duration and attribute, the newest first', () => {
  assert.deepEqual(search({}), [3, 2, 1]);
  assert.deepEqual(search({ workload: 'gateway', operation: 'triggerpanic' }), [3, 2, 1]);
  assert.deepEqual(search({ workload: 'gateway', operation: 'insert_presses' }), []);
  assert.deepEqual(search({ code: 'fault' }), [2]);
  assert.deepEqual(search({ code: 'INTERNAL' }), [2]);
  assert.deepEqual(search({ minDuration: durationFromMs(500) }), [3]);
  assert.deepEqual(search({ maxDuration: durationFromMs(500), code: 'ok' }), [2, 1]);
  assert.deepEqual(search({ attribute: `kreki.emergency.id=${EMERGENCY}` }), [1]);
  assert.deepEqual(search({ attribute: `kreki.emergency=${EMERGENCY}` }), []);
  assert.deepEqual(search({ range: rangeOf(NOW_MS - 7_500, 1_000) }), [2]);
});

test('each trace is told once, however many of its spans match and however small the pages are', () => {
  for (const limit of [1, 2, 3]) assert.deepEqual(search({}, limit), [3, 2, 1], `pages of ${limit}`);
});

test('a trace in one line says what began it, how long the whole took, and what failed in it', () => {
  const { traces } = searchTraces(
    telemetry.spans,
    matcher(create(SearchTracesRequestSchema, { range, code: 'fault' })),
    {
      from: undefined,
      limit: 1,
    },
  );
  const [{ traceId: id, workload, durationMs, spans, faults, workloads } = {}] = traces;
  assert.deepEqual(
    { id, workload, durationMs: Math.round(durationMs ?? 0), spans, faults, workloads },
    {
      ...{ id: traceId(2).toString('hex'), workload: 'gateway', durationMs: 20, spans: 3, faults: 1 },
      workloads: ['gateway', 'emergency'],
    },
  );
});

test('an attribute without a value is refused by its reason', () => {
  assert.throws(
    () => matcher(create(SearchTracesRequestSchema, { attribute: 'kreki.emergency.id' })),
    (error) => reasonOf(error) === 'ATTRIBUTE_INVALID',
  );
});
