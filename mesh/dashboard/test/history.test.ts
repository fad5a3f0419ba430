import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDS_MS, historyOf } from '../workloads/history.ts';
import { answeredBy } from '../workloads/workloads.ts';
import { durations, FIVE_MINUTES, measure, telemetryOf } from './made.ts';

test('a heat map counts each call at its duration, and no stream as a slow call', () => {
  const telemetry = telemetryOf();
  const answered = { workload: 'emergency', metric: 'rpc.server.call.duration' };
  measure(telemetry, { ...answered, value: durations(40, 0.03) });
  measure(telemetry, { ...answered, value: durations(2, 30) });
  measure(telemetry, { ...answered, value: durations(7, 600), attributes: { 'kreki.rpc.kind': 'server_streaming' } });
  const { points, columns } = historyOf(FIVE_MINUTES, (step) => answeredBy(telemetry, 'emergency', step));
  const sums = [...BOUNDS_MS, Infinity].map((_, row) =>
    columns.reduce((sum, { counts }) => sum + Number(counts?.[row] ?? 0), 0),
  );
  assert.deepEqual(sums, [0, 0, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 2]);
  assert.equal(
    points.reduce((sum, { signals }) => sum + Number(signals?.calls ?? 0), 0),
    49,
  );
});
