import type { MessageInitShape } from '@bufbuild/protobuf';
import { NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import type { WorkloadSchema } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { drawGraph } from '../map/draw.ts';
import type { GraphNode } from '../map/graph.ts';
import { answered, type Measured } from '../signals/measured.ts';
import { steps } from '../signals/range.ts';
import type { Sources } from '../sources/sources.ts';
import type { Span } from '../store/metrics.ts';
import type { Telemetry } from '../store/telemetry.ts';

export type WorkloadMessage = MessageInitShape<typeof WorkloadSchema>;

/** Points of the small chart of a table's row. */
const RATE_POINTS = 30;

const KINDS = new Set([NodeKind.GATEWAY, NodeKind.SERVICE]);

/** Every workload of the topology, and every other that was heard within the time, by name. */
export function workloadsOf(telemetry: Telemetry, sources: Sources, span: Span): WorkloadMessage[] {
  const graph = drawGraph(telemetry, sources, span);
  for (const [name, heardMs] of telemetry.lastHeard) if (heardMs > span.startMs) graph.workload(name);
  const rates = ratesOf(telemetry, span);
  return [...graph.nodes.values()]
    .filter(({ kind }) => KINDS.has(kind))
    .map((node) => workloadMessage(node, telemetry, span, rates.get(node.title) ?? []))
    .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

export function workloadMessage(
  { title, kind, tier, health, healthReason, signals, instances }: GraphNode,
  { metrics }: Telemetry,
  span: Span,
  rates: number[],
): WorkloadMessage {
  const own = (metric: string) =>
    [...metrics.latest(metric, span).values()]
      .filter(({ series }) => series.workload === title)
      .map(({ value }) => Number(value));
  return {
    name: title,
    kind,
    tier,
    health,
    healthReason,
    signals: signals.golden(span),
    rates,
    instances: instances.size,
    outboxDepth: BigInt(Math.max(0, ...own('kreki.outbox.depth'))),
    outboxAgeSeconds: Math.max(0, ...own('kreki.outbox.age')),
  };
}

function ratesOf(telemetry: Telemetry, span: Span): Map<string, number[]> {
  const rates = new Map<string, number[]>();
  for (const [index, step] of steps(span, RATE_POINTS).entries()) {
    for (const { workload, durations } of answered(telemetry, step)) {
      const line = rates.get(workload) ?? new Array<number>(RATE_POINTS).fill(0);
      line[index] = (line[index] ?? 0) + (durations.count * 1_000) / (step.endMs - step.startMs);
      rates.set(workload, line);
    }
  }
  return rates;
}

/** Calls that one workload answered. */
export const answeredBy = (telemetry: Telemetry, workload: string, span: Span): Measured[] =>
  answered(telemetry, span).filter((call) => call.workload === workload);
