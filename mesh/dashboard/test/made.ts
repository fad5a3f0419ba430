/** Telemetry as processes would have sent it. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { SpanSchema } from '@kreki/gen/opentelemetry/proto/trace/v1/trace_pb.js';
import { readSpan } from '../otlp/spans.ts';
import { Distribution } from '../store/distribution.ts';
import { Telemetry } from '../store/telemetry.ts';

export const HOUR_MS = 3_600_000;
/** 2027-01-15, 08:00 UTC. */
export const NOW_MS = 1_800_000_000_000;
export const FIVE_MINUTES = { startMs: NOW_MS - 300_000, endMs: NOW_MS };

export const telemetryOf = (megabytes = 64) => new Telemetry({ maxBytes: megabytes * 1024 ** 2, maxAgeMs: HOUR_MS });

/** So many calls (or statements, or messages), each of so many seconds. */
export function durations(count: number, seconds = 0.01): Distribution {
  const made = new Distribution();
  made.addBuckets(6, Math.ceil(Math.log2(seconds) * 2 ** 6) - 1, [count]);
  made.count = count;
  made.sum = count * seconds;
  return made;
}

export interface Measurement {
  readonly workload: string;
  readonly metric: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly instance?: string;
  readonly value: number | Distribution;
  readonly timeMs?: number;
}

export function measure({ metrics }: Telemetry, made: Measurement): void {
  const { workload, metric, attributes = {}, instance = 'one', value, timeMs = NOW_MS - 1_000 } = made;
  const series = metrics.series({ metric, workload, instance, version: '1', attributes }, timeMs);
  if (series) metrics.add({ series, timeMs, value }, timeMs);
}

export interface MadeSpan {
  readonly workload: string;
  readonly name: string;
  /** Of its trace. */
  readonly trace: number;
  readonly parent?: boolean;
  readonly startMs?: number;
  readonly durationMs?: number;
  readonly code?: string;
  readonly fault?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

export function addSpan(telemetry: Telemetry, made: MadeSpan): void {
  const { startMs = NOW_MS - 1_000, durationMs = 1, attributes = {}, code = 'OK' } = made;
  const nanos = (ms: number) => BigInt(Math.round(ms * 1_000)) * 1_000n;
  const all = { ...attributes, 'rpc.response.status_code': code };
  const span: MessageInitShape<typeof SpanSchema> = {
    traceId: traceId(made.trace),
    spanId: Buffer.alloc(8, 1),
    parentSpanId: made.parent ? Buffer.alloc(8, 2) : new Uint8Array(),
    name: made.name,
    kind: 2,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(startMs + durationMs),
    attributes: Object.entries(all).map(([key, value]) => ({
      key,
      value: { value: { case: 'stringValue', value } },
    })),
    status: { code: made.fault ? 2 : 0 },
  };
  telemetry.addSpan(made.workload, readSpan(toBinary(SpanSchema, create(SpanSchema, span))), startMs);
}

export function traceId(number: number): Buffer {
  const id = Buffer.alloc(16);
  id.writeUInt32BE(number, 12);
  return id;
}
