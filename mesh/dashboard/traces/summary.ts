import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TraceSummarySchema } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import type { HeldSpan } from '../store/spans.ts';
import { timestampOf } from '../timestamp.ts';

export type Summary = MessageInitShape<typeof TraceSummarySchema>;

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A trace in one line; undefined when none of its spans is held. Its first span is the one without a parent, else the earliest. */
export function summaryOf(spans: readonly HeldSpan[]): Summary | undefined {
  const ordered = [...spans].sort((a, b) => a.startMs - b.startMs);
  const first = ordered.find(({ root }) => root) ?? ordered[0];
  if (!first || !ordered[0]) return undefined;
  const startMs = ordered[0].startMs;
  const endMs = Math.max(...ordered.map((span) => span.startMs + span.durationMs));
  return {
    traceId: hex(first.traceId),
    name: first.name,
    workload: first.workload,
    startTime: timestampOf(startMs),
    durationMs: endMs - startMs,
    spans: ordered.length,
    faults: ordered.filter(({ fault }) => fault).length,
    code: first.code,
    workloads: [...new Set(ordered.map(({ workload }) => workload))],
  };
}
