import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SignalPointSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import type { DurationColumnSchema } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { Signals } from '../signals/golden.ts';
import type { Measured } from '../signals/measured.ts';
import { steps } from '../signals/range.ts';
import type { Span } from '../store/metrics.ts';
import { timestampOf } from '../timestamp.ts';

const POINTS = 60;

/** Upper bounds of a heat map's rows, in milliseconds: two to a decade, and three where most calls lie. */
export const BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

/** Signals in equal steps of a span of time; `read` measures one step. */
export function historyOf(span: Span, read: (step: Span) => readonly Measured[]) {
  const points: MessageInitShape<typeof SignalPointSchema>[] = [];
  const columns: MessageInitShape<typeof DurationColumnSchema>[] = [];
  for (const step of steps(span, POINTS)) {
    const signals = new Signals();
    for (const { code, durations } of read(step)) signals.add(code, durations);
    const time = timestampOf(step.endMs);
    points.push({ time, signals: signals.golden(step) });
    columns.push({ time, counts: countsOf(signals) });
  }
  return { points, columns };
}

function countsOf(signals: Signals): bigint[] {
  const { durations } = signals;
  const below = [...BOUNDS_MS.map((bound) => Math.round(durations.atMost(bound / 1_000))), Math.round(durations.timed)];
  return below.map((count, index) => BigInt(Math.max(count - (below[index - 1] ?? 0), 0)));
}
