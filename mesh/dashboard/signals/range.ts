import { durationMs, timestampMs } from '@bufbuild/protobuf/wkt';
import type { TimeRange } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import type { Span } from '../store/metrics.ts';

const DEFAULT_LENGTH_MS = 300_000;

/** The span of time that a request asks for; one without an end goes on with the time. */
export function spanOf(range: TimeRange | undefined, nowMs = Date.now()): Span {
  const endMs = range?.endTime ? timestampMs(range.endTime) : nowMs;
  const lengthMs = range?.length ? durationMs(range.length) : DEFAULT_LENGTH_MS;
  return { startMs: endMs - lengthMs, endMs };
}

/** The span of equal length before. */
export const before = ({ startMs, endMs }: Span): Span => ({ startMs: startMs - (endMs - startMs), endMs: startMs });

/** Cuts a span into equal steps, the oldest first. */
export function steps({ startMs, endMs }: Span, count: number): Span[] {
  const length = (endMs - startMs) / count;
  return Array.from({ length: count }, (_, index) => ({
    startMs: startMs + index * length,
    endMs: startMs + (index + 1) * length,
  }));
}
