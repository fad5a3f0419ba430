import { fromBinary } from '@bufbuild/protobuf';
import { LogRecordSchema, type LogRecord as OtlpLogRecord } from '@kreki/gen/opentelemetry/proto/logs/v1/logs_pb.js';
import type { ReceivedLog } from '../otlp/logs.ts';
import type { Interner } from './interner.ts';
import { Segment } from './segment.ts';
import { type Limits, type Place, Segments } from './segments.ts';

/** A log record as far as it is known without decoding it. */
export interface HeldLog extends Place {
  /** Grows with each record received. */
  readonly seq: number;
  readonly timeMs: number;
  readonly workload: string;
  /** OTLP's severity number, 1 to 24. */
  readonly severity: number;
  /** 16 bytes, all zero when it belongs to no trace. */
  readonly traceId: Uint8Array;
  decode(): OtlpLogRecord;
  raw(): Buffer;
}

class LogSegment extends Segment {
  readonly severity: Uint8Array;
  readonly firstSeq: number;

  constructor(firstSeq: number) {
    super(LOGS, 300 * LOGS);
    this.severity = new Uint8Array(LOGS);
    this.firstSeq = firstSeq;
  }

  override get bytes(): number {
    return super.bytes + LOGS;
  }
}

const LOGS = 4_096;

/** Log records of the last hour, the oldest leaving first when memory is short. */
export class Logs {
  readonly #segments: Segments<LogSegment>;
  readonly #workloads: Interner;
  #received = 0;

  constructor(limits: Limits, workloads: Interner) {
    this.#segments = new Segments(() => new LogSegment(this.#received + 1), limits);
    this.#workloads = workloads;
  }

  add(workload: string, record: ReceivedLog, nowMs: number): HeldLog {
    const segment = this.#segments.current(nowMs);
    const index = segment.append(record.timeMs, this.#workloads.number(workload), record.traceId, record.raw);
    segment.severity[index] = record.severity;
    this.#received += 1;
    return this.#held(segment, this.#segments.currentNumber, index);
  }

  evict(nowMs: number): void {
    this.#segments.evict(nowMs);
  }

  get bytes(): number {
    return this.#segments.bytes;
  }

  get count(): number {
    return this.#segments.count;
  }

  get oldestMs(): number | undefined {
    return this.#segments.oldestMs;
  }

  /** From a place on backwards, the last that arrived first. */
  *backwards(from?: Place): Generator<HeldLog> {
    for (const { segment, index, in: found } of this.#segments.backwards(from)) yield this.#held(found, segment, index);
  }

  /** In no order. */
  *ofTrace(traceId: Uint8Array): Generator<HeldLog> {
    for (const { segment, index, in: found } of this.#segments.ofTrace(traceId))
      yield this.#held(found, segment, index);
  }

  #held(found: LogSegment, segment: number, index: number): HeldLog {
    return {
      segment,
      index,
      seq: found.firstSeq + index,
      timeMs: found.time[index] ?? 0,
      workload: this.#workloads.name(found.workload[index] ?? 0),
      severity: found.severity[index] ?? 0,
      traceId: found.traceId(index),
      decode: () => fromBinary(LogRecordSchema, found.raw(index)),
      raw: () => found.raw(index),
    };
  }
}
