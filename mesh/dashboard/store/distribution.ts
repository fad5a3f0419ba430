/**
 * How often values lay where, in exponential buckets: bucket `i` at scale `s` holds values in (2^(i/2^s), 2^((i+1)/2^s)]. Distributions of
 * different scales add up at the coarser of them. Source: OpenTelemetry's data model, "Exponential histogram".
 */
export class Distribution {
  count = 0;
  sum = 0;
  #scale: number;
  #zero = 0;
  #buckets = new Map<number, number>();

  constructor(scale = FINEST) {
    this.#scale = scale;
  }

  /** Adds buckets, the first of them at `offset`; negative counts take away. */
  addBuckets(scale: number, offset: number, counts: ArrayLike<number>, zero = 0): void {
    const to = Math.min(scale, this.#scale);
    this.#coarsen(to);
    this.#zero += zero;
    const shift = 2 ** (scale - to);
    for (let index = 0; index < counts.length; index += 1) {
      const count = counts[index] ?? 0;
      if (count !== 0) this.#add(Math.floor((offset + index) / shift), count);
    }
  }

  /** Adds what lay between each two of `bounds`, spread evenly over the exponential buckets between them. */
  addBounded(bounds: readonly number[], counts: readonly number[], max: number | undefined): void {
    for (const [index, count] of counts.entries()) {
      if (count === 0) continue;
      const upper = bounds[index] ?? max ?? (bounds.at(-1) ?? 1) * 2;
      const lower = Math.max(bounds[index - 1] ?? 0, upper / 1024);
      const [first, last] = [this.#bucketOf(lower) + 1, Math.max(this.#bucketOf(upper), this.#bucketOf(lower) + 1)];
      for (let bucket = first; bucket <= last; bucket += 1) this.#add(bucket, count / (last - first + 1));
    }
  }

  add(other: Distribution): void {
    this.count += other.count;
    this.sum += other.sum;
    const to = Math.min(other.#scale, this.#scale);
    this.#coarsen(to);
    this.#zero += other.#zero;
    const shift = 2 ** (other.#scale - to);
    for (const [bucket, count] of other.#buckets) this.#add(Math.floor(bucket / shift), count);
  }

  /** The value below which the share `q` of all lie; 0 when there are none. */
  quantile(q: number): number {
    const ordered = [...this.#buckets].sort(([a], [b]) => a - b);
    let rank = q * this.timed - this.#zero;
    if (rank <= 0 || ordered.length === 0) return 0;
    for (const [bucket, count] of ordered) {
      if (rank <= count) return 2 ** ((bucket + rank / count) / 2 ** this.#scale);
      rank -= count;
    }
    return 2 ** (((ordered.at(-1)?.[0] ?? 0) + 1) / 2 ** this.#scale);
  }

  /** How many values are at most `limit`, a bucket that the limit divides counted by its share. */
  atMost(limit: number): number {
    const border = Math.log2(limit) * 2 ** this.#scale;
    let found = this.#zero;
    for (const [bucket, count] of this.#buckets) found += count * Math.min(Math.max(border - bucket, 0), 1);
    return found;
  }

  /** How many values there are durations of; `count` may hold more. */
  get timed(): number {
    return this.#buckets.values().reduce((sum, count) => sum + count, this.#zero);
  }

  /** Memory in bytes, roughly. */
  get bytes(): number {
    return 150 + this.#buckets.size * 40;
  }

  #add(bucket: number, count: number): void {
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
  }

  #bucketOf(value: number): number {
    return Math.ceil(Math.log2(value) * 2 ** this.#scale) - 1;
  }

  #coarsen(to: number): void {
    if (to >= this.#scale) return;
    const shift = 2 ** (this.#scale - to);
    const finer = this.#buckets;
    this.#buckets = new Map();
    this.#scale = to;
    for (const [bucket, count] of finer) this.#add(Math.floor(bucket / shift), count);
  }
}

/** Buckets are 1.1 % wide. */
const FINEST = 6;
