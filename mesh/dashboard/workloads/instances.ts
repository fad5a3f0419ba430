import type { MessageInitShape } from '@bufbuild/protobuf';
import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import type { InstanceSchema } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import type { Point, Span } from '../store/metrics.ts';
import type { Telemetry } from '../store/telemetry.ts';
import { timestampOf } from '../timestamp.ts';

export type Instance = MessageInitShape<typeof InstanceSchema>;

/** An instance that was not heard for longer than this is gone, in milliseconds. */
const GONE_MS = 30_000;

/** The processes of a workload that were heard within a span of time, the newest first. */
export function instancesOf({ metrics }: Telemetry, workload: string, span: Span): Instance[] {
  const found = new Map<string, Instance & { lastMs: number }>();
  const instance = ({ series, timeMs }: Point) => {
    let made = found.get(series.instance);
    if (!made) {
      made = { id: series.instance, version: series.version, lastMs: timeMs };
      found.set(series.instance, made);
    }
    made.lastMs = Math.max(made.lastMs, timeMs);
    return made;
  };
  const latest = (metric: string, take: (into: Instance, value: number, timeMs: number) => void) => {
    for (const point of metrics.latest(metric, span).values()) {
      if (point.series.workload === workload) take(instance(point), Number(point.value), point.timeMs);
    }
  };
  latest('process.memory.usage', (into, value) => {
    into.memoryBytes = BigInt(Math.round(value));
  });
  latest('nodejs.eventloop.delay.p99', (into, value) => {
    into.eventLoopDelayMs = value * 1_000;
  });
  latest('process.uptime', (into, value, timeMs) => {
    into.startTime = timestampOf(timeMs - value * 1_000);
  });
  for (const [series, seconds] of metrics.increases('process.cpu.time', span)) {
    const made = found.get(series.instance);
    if (series.workload === workload && made) {
      made.cpuCores = (made.cpuCores ?? 0) + (seconds * 1_000) / Math.max(span.endMs - span.startMs, 1);
    }
  }
  return [...found.values()]
    .sort((a, b) => b.lastMs - a.lastMs)
    .map(({ lastMs, ...rest }) => ({
      ...rest,
      lastTime: timestampOf(lastMs),
      health: span.endMs - lastMs > GONE_MS ? Health.DOWN : Health.SERVING,
    }));
}
