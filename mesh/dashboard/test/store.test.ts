import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addSpan, durations, HOUR_MS, measure, NOW_MS, telemetryOf, traceId } from './made.ts';

test('when memory is short the oldest spans leave, and all of the newest are found', () => {
  const telemetry = telemetryOf(10);
  const limit = 10 * 1024 ** 2 * 0.6;
  const count = 50_000;
  for (let trace = 1; trace <= count; trace += 1) {
    addSpan(telemetry, { workload: 'emergency', name: 'Get', trace, startMs: NOW_MS + trace });
  }
  const { spans } = telemetry;
  assert.ok(spans.bytes <= limit, `${spans.bytes} of ${limit} bytes`);
  assert.ok(spans.count > 8_192 && spans.count < count, `${spans.count} are held`);
  const times = [...spans.backwards()].map(({ startMs }) => startMs - NOW_MS);
  assert.deepEqual(
    times,
    Array.from({ length: spans.count }, (_, index) => count - index),
  );
  assert.equal([...spans.ofTrace(traceId(count))].length, 1);
  assert.equal([...spans.ofTrace(traceId(1))].length, 0);
});

test('after an hour spans, metrics and their series are gone', () => {
  const telemetry = telemetryOf();
  for (let trace = 1; trace <= 8_192; trace += 1) addSpan(telemetry, { workload: 'auth', name: 'Login', trace });
  addSpan(telemetry, { workload: 'auth', name: 'Login', trace: 8_193, startMs: NOW_MS + HOUR_MS });
  measure(telemetry, { workload: 'auth', metric: 'old', value: durations(1) });
  measure(telemetry, { workload: 'auth', metric: 'young', value: durations(1), timeMs: NOW_MS + HOUR_MS });
  telemetry.evict(NOW_MS + HOUR_MS + 1);
  assert.deepEqual([telemetry.spans.count, telemetry.spans.oldestMs], [1, NOW_MS + HOUR_MS]);
  const always = { startMs: 0, endMs: NOW_MS + 2 * HOUR_MS };
  assert.equal(telemetry.metrics.distributions('old', always).size, 0);
  assert.equal(telemetry.metrics.distributions('young', always).size, 1);
});

test('when memory is short the oldest metrics leave, and the last minutes are whole', () => {
  const telemetry = telemetryOf(4);
  const { metrics } = telemetry;
  const seconds = 3_000;
  for (let second = 1; second <= seconds; second += 1) {
    for (let index = 0; index < 10; index += 1) {
      const attributes = { index: String(index) };
      const timeMs = NOW_MS + second * 1_000;
      measure(telemetry, { workload: 'auth', metric: 'calls', attributes, value: durations(1), timeMs });
    }
  }
  assert.ok(metrics.bytes <= 1024 ** 2 + 10 * 400 + 10 * 310, `${metrics.bytes} bytes`);
  assert.ok((metrics.oldestMs ?? 0) > NOW_MS + 1_000);
  const endMs = NOW_MS + seconds * 1_000;
  const minutes = metrics.distributions('calls', { startMs: endMs - 120_000, endMs });
  assert.deepEqual(
    [...minutes.values()].map(({ count }) => count),
    Array.from({ length: 10 }, () => 120),
  );
});

test('who sends ever new attributes is not taken beyond a limit, and what was known goes on', () => {
  const telemetry = telemetryOf();
  const add = (user: number) =>
    measure(telemetry, { workload: 'auth', metric: 'calls', attributes: { user: String(user) }, value: 1 });
  for (let user = 0; user < 50_010; user += 1) add(user);
  assert.equal(telemetry.metrics.refused, 10);
  add(7);
  assert.equal(telemetry.metrics.refused, 10);
});
