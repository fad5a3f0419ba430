import { fromBinary } from '@bufbuild/protobuf';
import { type Span as OtlpSpan, SpanSchema } from '@kreki/gen/opentelemetry/proto/trace/v1/trace_pb.js';
import type { ReceivedSpan } from '../otlp/spans.ts';
import type { Interner } from './interner.ts';
import { Segment } from './segment.ts';
import { type Limits, type Place, Segments } from './segments.ts';

/** A span as far as it is known without decoding it. */
export interface HeldSpan extends Place {
  readonly traceId: Uint8Array;
  readonly workload: string;
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
  /** Of OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  /** Whether its parent is not in the same trace, or there is none. */
  readonly root: boolean;
  /** Such as `unavailable`; empty where none was recorded. */
  readonly code: string;
  readonly fault: boolean;
  /** Everything, attributes too. */
  decode(): OtlpSpan;
  /** The bytes it came in, to look for a text before decoding. */
  raw(): Buffer;
}

class SpanSegment extends Segment {
  readonly durationMs: Float32Array;
  readonly name: Uint32Array;
  readonly code: Uint16Array;
  /** Kind in the low three bits, then fault, then root. */
  readonly flags: Uint8Array;

  constructor() {
    super(SPANS, 512 * SPANS);
    this.durationMs = new Float32Array(SPANS);
    this.name = new Uint32Array(SPANS);
    this.code = new Uint16Array(SPANS);
    this.flags = new Uint8Array(SPANS);
  }

  override get bytes(): number {
    return super.bytes + SPANS * (4 + 4 + 2 + 1);
  }
}

const SPANS = 8_192;
const FAULT = 8;
const ROOT = 16;

/** Spans of the last hour, the oldest leaving first when memory is short. */
export class Spans {
  readonly #segments: Segments<SpanSegment>;
  readonly #workloads: Interner;
  readonly #names: Interner;
  readonly #codes: Interner;

  constructor(limits: Limits, interners: { workloads: Interner; names: Interner; codes: Interner }) {
    this.#segments = new Segments(() => new SpanSegment(), limits);
    this.#workloads = interners.workloads;
    this.#names = interners.names;
    this.#codes = interners.codes;
  }

  add(workload: string, span: ReceivedSpan, nowMs: number): void {
    const segment = this.#segments.current(nowMs);
    const index = segment.append(span.startMs, this.#workloads.number(workload), span.traceId, span.raw);
    segment.durationMs[index] = span.durationMs;
    segment.name[index] = this.#names.number(span.name);
    segment.code[index] = this.#codes.number(span.code);
    segment.flags[index] = (span.kind & 7) | (span.fault ? FAULT : 0) | (span.root ? ROOT : 0);
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
  *backwards(from?: Place): Generator<HeldSpan> {
    for (const { segment, index, in: found } of this.#segments.backwards(from)) yield this.#held(found, segment, index);
  }

  /** In no order. */
  *ofTrace(traceId: Uint8Array): Generator<HeldSpan> {
    for (const { segment, index, in: found } of this.#segments.ofTrace(traceId))
      yield this.#held(found, segment, index);
  }

  #held(found: SpanSegment, segment: number, index: number): HeldSpan {
    const flags = found.flags[index] ?? 0;
    const nameNumber = found.name[index] ?? 0;
    const decode = () => fromBinary(SpanSchema, found.raw(index));
    return {
      segment,
      index,
      traceId: found.traceId(index),
      workload: this.#workloads.name(found.workload[index] ?? 0),
      name: nameNumber === 0 ? decode().name : this.#names.name(nameNumber),
      startMs: found.time[index] ?? 0,
      durationMs: found.durationMs[index] ?? 0,
      kind: flags & 7,
      root: (flags & ROOT) !== 0,
      code: this.#codes.name(found.code[index] ?? 0),
      fault: (flags & FAULT) !== 0,
      decode,
      raw: () => found.raw(index),
    };
  }
}
