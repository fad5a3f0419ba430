/**
 * Records that arrived one after another, each as the bytes it came in, found by its trace. Bytes and columns lie outside of the
 * JavaScript heap: a million records cost the garbage collector nothing, and a segment is forgotten whole.
 */
export class Segment {
  readonly capacity: number;
  count = 0;
  /** Milliseconds since 1970, with fractions. */
  readonly time: Float64Array;
  /** Number of the workload. */
  readonly workload: Uint16Array;
  newestMs = 0;
  oldestMs = Number.POSITIVE_INFINITY;
  readonly #traces: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  #blob: Buffer;
  #used = 0;

  constructor(capacity: number, expectedBytes: number) {
    this.capacity = capacity;
    this.time = new Float64Array(capacity);
    this.workload = new Uint16Array(capacity);
    this.#traces = new Uint8Array(capacity * TRACE_BYTES);
    this.#offsets = new Uint32Array(capacity + 1);
    this.#heads = new Int32Array(capacity * 2).fill(NONE);
    this.#next = new Int32Array(capacity).fill(NONE);
    this.#blob = Buffer.allocUnsafeSlow(expectedBytes);
  }

  /** Memory in bytes. */
  get bytes(): number {
    return this.capacity * COLUMN_BYTES + this.#blob.length;
  }

  get full(): boolean {
    return this.count === this.capacity || this.#used >= BLOB_MAX_BYTES;
  }

  /** @returns the record's place in this segment */
  append(timeMs: number, workload: number, traceId: Uint8Array, raw: Uint8Array): number {
    const index = this.count++;
    this.#reserve(raw.length);
    this.#blob.set(raw, this.#used);
    this.#used += raw.length;
    this.#offsets[index + 1] = this.#used;
    this.time[index] = timeMs;
    this.workload[index] = workload;
    this.newestMs = Math.max(this.newestMs, timeMs);
    this.oldestMs = Math.min(this.oldestMs, timeMs);
    if (traceId.length === TRACE_BYTES) {
      this.#traces.set(traceId, index * TRACE_BYTES);
      const slot = this.#slot(traceId);
      this.#next[index] = this.#heads[slot] ?? NONE;
      this.#heads[slot] = index;
    }
    return index;
  }

  /** The bytes a record came in; valid while the segment is held. */
  raw(index: number): Buffer {
    return this.#blob.subarray(this.#offsets[index], this.#offsets[index + 1]);
  }

  traceId(index: number): Uint8Array {
    return this.#traces.subarray(index * TRACE_BYTES, (index + 1) * TRACE_BYTES);
  }

  /** Places of a trace's records, the newest first. */
  *ofTrace(traceId: Uint8Array): Generator<number> {
    for (let index = this.#heads[this.#slot(traceId)] ?? NONE; index !== NONE; index = this.#next[index] ?? NONE) {
      if (Buffer.compare(this.traceId(index), traceId) === 0) yield index;
    }
  }

  /** Gives back what was reserved and not used, once nothing more is appended. */
  trim(): void {
    const exact = Buffer.allocUnsafeSlow(this.#used);
    this.#blob.copy(exact, 0, 0, this.#used);
    this.#blob = exact;
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#blob.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#blob.length * 2, this.#used + bytes));
    this.#blob.copy(larger, 0, 0, this.#used);
    this.#blob = larger;
  }

  /** Trace ids are random: a part of them is hash enough. */
  #slot(traceId: Uint8Array): number {
    const hash =
      ((traceId[12] ?? 0) << 24) | ((traceId[13] ?? 0) << 16) | ((traceId[14] ?? 0) << 8) | (traceId[15] ?? 0);
    return (hash >>> 0) % this.#heads.length;
  }
}

const TRACE_BYTES = 16;
const NONE = -1;
/** time, workload, trace, offset, heads, next; what a kind of segment adds is counted by it. */
const COLUMN_BYTES = 8 + 2 + TRACE_BYTES + 4 + 8 + 4;
const BLOB_MAX_BYTES = 8 * 1024 * 1024;
