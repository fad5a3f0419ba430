import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Span } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';

/** A span where it stands in the waterfall. */
export interface Row {
  readonly span: Span;
  readonly depth: number;
  /** Milliseconds since 1970. */
  readonly startMs: number;
}

/** Spans with those they are part of before them, siblings in the order of time; one whose parent is not held stands at the left. */
export function waterfall(spans: readonly Span[]): Row[] {
  const startOf = (span: Span) => (span.startTime ? timestampMs(span.startTime) : 0);
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) => (known.has(parentSpanId) ? parentSpanId : ''));
  const rows: Row[] = [];
  const visit = (parent: string, depth: number) => {
    const inOrder = [...(children.get(parent) ?? [])].sort((a, b) => startOf(a) - startOf(b));
    for (const span of inOrder) {
      rows.push({ span, depth, startMs: startOf(span) });
      visit(span.spanId, depth + 1);
    }
  };
  visit('', 0);
  return rows;
}

/** Begin and length of a whole trace. */
export function extentOf(rows: readonly Row[]): { startMs: number; lengthMs: number } {
  const startMs = Math.min(...rows.map((row) => row.startMs));
  const endMs = Math.max(...rows.map((row) => row.startMs + row.span.durationMs));
  return { startMs, lengthMs: Math.max(endMs - startMs, 0.001) };
}
