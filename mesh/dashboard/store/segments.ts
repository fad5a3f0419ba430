import type { Segment } from './segment.ts';

export interface Limits {
  /** Beyond this the oldest records leave. */
  readonly maxBytes: number;
  /** Older records leave. */
  readonly maxAgeMs: number;
}

/** The segments held, the oldest first. Numbers of segments grow and are not used again. */
export class Segments<S extends Segment> {
  readonly #make: () => S;
  readonly #limits: Limits;
  readonly #held: S[] = [];
  #firstNumber = 0;

  constructor(make: () => S, limits: Limits) {
    this.#make = make;
    this.#limits = limits;
  }

  /** Number of the segment that is appended to. */
  get currentNumber(): number {
    return this.#firstNumber + Math.max(this.#held.length - 1, 0);
  }

  /** The segment to append to. */
  current(nowMs: number): S {
    let last = this.#held.at(-1);
    if (!last || last.full) {
      last?.trim();
      last = this.#make();
      this.#held.push(last);
      this.evict(nowMs);
    }
    return last;
  }

  /** Lets go what is too old or too much; the segment that is appended to stays. */
  evict(nowMs: number): void {
    let bytes = this.bytes;
    while (this.#held.length > 1) {
      const oldest = this.#held[0];
      if (!oldest || (bytes <= this.#limits.maxBytes && oldest.newestMs >= nowMs - this.#limits.maxAgeMs)) return;
      bytes -= oldest.bytes;
      this.#held.shift();
      this.#firstNumber += 1;
    }
  }

  /** Memory in bytes. */
  get bytes(): number {
    return this.#held.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  get count(): number {
    return this.#held.reduce((sum, segment) => sum + segment.count, 0);
  }

  /** Time of the oldest record, in milliseconds since 1970; undefined when there is none. */
  get oldestMs(): number | undefined {
    const oldest = Math.min(...this.#held.map((segment) => segment.oldestMs));
    return Number.isFinite(oldest) ? oldest : undefined;
  }

  /** Segments with their numbers, the oldest first. */
  *[Symbol.iterator](): Generator<S> {
    yield* this.#held;
  }

  /** Every record from a place on backwards, the newest first: of segment number `from.segment`, those before `from.index`. */
  *backwards(from?: Place): Generator<Place & { readonly in: S }> {
    for (let held = this.#held.length - 1; held >= 0; held -= 1) {
      const segment = this.#firstNumber + held;
      const found = this.#held[held];
      if (!found || (from && segment > from.segment)) continue;
      const end = from?.segment === segment ? Math.min(from.index, found.count) : found.count;
      for (let index = end - 1; index >= 0; index -= 1) yield { segment, index, in: found };
    }
  }

  /** Every record of a trace, in the order of arrival within a segment reversed. */
  *ofTrace(traceId: Uint8Array): Generator<Place & { readonly in: S }> {
    for (const [held, found] of this.#held.entries()) {
      for (const index of found.ofTrace(traceId)) yield { segment: this.#firstNumber + held, index, in: found };
    }
  }
}

/** Where a record lies. */
export interface Place {
  readonly segment: number;
  readonly index: number;
}

/** Whether something that claims to be a place is one. */
export const isPlace = ({ segment, index }: Partial<Record<keyof Place, unknown>>): boolean =>
  Number.isSafeInteger(segment) && Number.isSafeInteger(index);
