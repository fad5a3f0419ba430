import type { Place } from '../store/segments.ts';
import type { HeldSpan, Spans } from '../store/spans.ts';
import type { Matches } from './filter.ts';
import { hex, type Summary, summaryOf } from './summary.ts';

/** A search stops after this many spans, and goes on with the next page. */
const SCAN_MAX = 400_000;

/** Traces with a span that matches, the last that arrived first; `next` is where the next page begins, undefined at the end. */
export function searchTraces(
  spans: Spans,
  matches: Matches,
  { from, limit }: { from: Place | undefined; limit: number },
): { traces: Summary[]; next: Place | undefined } {
  const traces: Summary[] = [];
  const seen = new Set<string>();
  let scanned = 0;
  for (const span of spans.backwards(from)) {
    scanned += 1;
    if (traces.length === limit || scanned > SCAN_MAX) {
      return { traces, next: { segment: span.segment, index: span.index + 1 } };
    }
    if (!matches(span)) continue;
    const id = hex(span.traceId);
    if (seen.has(id)) continue;
    seen.add(id);
    const whole = [...spans.ofTrace(span.traceId)];
    // A trace is told of once: by the last of its spans that matches, which an earlier page may have shown.
    if (from && whole.some((other) => isAfter(other, span) && matches(other))) continue;
    const summary = summaryOf(whole);
    if (summary) traces.push(summary);
  }
  return { traces, next: undefined };
}

const isAfter = (one: HeldSpan, other: HeldSpan): boolean =>
  one.segment > other.segment || (one.segment === other.segment && one.index > other.index);
