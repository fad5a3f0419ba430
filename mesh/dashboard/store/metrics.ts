import { Distribution } from './distribution.ts';
import type { Limits } from './segments.ts';

/** A metric of one process with one set of attributes. */
export interface Series {
  readonly metric: string;
  readonly workload: string;
  readonly instance: string;
  readonly version: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a series measured since its point before: a count and a distribution, an increase, or a gauge's value. */
export interface Point {
  readonly series: Series;
  readonly timeMs: number;
  readonly value: number | Distribution;
}

/** A span of time in milliseconds since 1970: after `startMs`, up to `endMs`. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Points that were received within the same second. */
interface Frame {
  readonly timeMs: number;
  bytes: number;
  readonly points: Map<string, Point[]>;
}

const FRAME_MS = 1_000;
const POINT_BYTES = 120;
/** Series are remembered while their points are held; this many at most, further ones are not taken. */
const SERIES_MAX = 50_000;

/** Metrics of the last hour, the oldest leaving first when memory is short. */
export class Metrics {
  readonly #limits: Limits;
  readonly #frames: Frame[] = [];
  readonly #series = new Map<string, { series: Series; lastMs: number }>();
  #bytes = 0;
  /** Points that were not taken because there are too many series. */
  refused = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** The one object of a series, by which its points are grouped; undefined when there are too many. */
  series(wanted: Series, nowMs: number): Series | undefined {
    const key = keyOf(wanted);
    const known = this.#series.get(key);
    if (known) {
      known.lastMs = nowMs;
      return known.series;
    }
    if (this.#series.size >= SERIES_MAX) {
      this.refused += 1;
      return undefined;
    }
    this.#series.set(key, { series: wanted, lastMs: nowMs });
    return wanted;
  }

  add(point: Point, nowMs: number): void {
    const frame = this.#frame(nowMs);
    const points = frame.points.get(point.series.metric);
    if (points) points.push(point);
    else frame.points.set(point.series.metric, [point]);
    const bytes = POINT_BYTES + (point.value instanceof Distribution ? point.value.bytes : 0);
    frame.bytes += bytes;
    this.#bytes += bytes;
  }

  /** Points of a metric in a span of time, the oldest first. */
  *points(metric: string, { startMs, endMs }: Span): Generator<Point> {
    for (let index = this.#firstAfter(startMs); index < this.#frames.length; index += 1) {
      const frame = this.#frames[index];
      // Points are received soon after their time: those of later frames may still belong to the span.
      if (!frame || frame.timeMs > endMs + LATE_MS) return;
      for (const point of frame.points.get(metric) ?? []) {
        if (point.timeMs > startMs && point.timeMs <= endMs) yield point;
      }
    }
  }

  /** The distribution of each series over a span of time. */
  distributions(metric: string, span: Span): Map<Series, Distribution> {
    const found = new Map<Series, Distribution>();
    for (const { series, value } of this.points(metric, span)) {
      if (!(value instanceof Distribution)) continue;
      const sum = found.get(series);
      if (sum) sum.add(value);
      else found.set(series, copyOf(value));
    }
    return found;
  }

  /** The increase of each series over a span of time. */
  increases(metric: string, span: Span): Map<Series, number> {
    const found = new Map<Series, number>();
    for (const { series, value } of this.points(metric, span)) {
      if (typeof value === 'number') found.set(series, (found.get(series) ?? 0) + value);
    }
    return found;
  }

  /** The last value of each series of a gauge. */
  latest(metric: string, span: Span): Map<Series, Point> {
    const found = new Map<Series, Point>();
    for (const point of this.points(metric, span)) found.set(point.series, point);
    return found;
  }

  /** Lets go what is too old or too much. */
  evict(nowMs: number): void {
    const oldestMs = nowMs - this.#limits.maxAgeMs;
    let gone = 0;
    for (const frame of this.#frames) {
      if (frame.timeMs >= oldestMs && this.#bytes <= this.#limits.maxBytes) break;
      this.#bytes -= frame.bytes;
      gone += 1;
    }
    this.#frames.splice(0, gone);
    for (const [key, { lastMs }] of this.#series) if (lastMs < oldestMs) this.#series.delete(key);
  }

  get bytes(): number {
    return this.#bytes + this.#series.size * 400;
  }

  get oldestMs(): number | undefined {
    return this.#frames[0]?.timeMs;
  }

  #frame(nowMs: number): Frame {
    const last = this.#frames.at(-1);
    if (last && nowMs < last.timeMs + FRAME_MS) return last;
    const frame: Frame = { timeMs: nowMs, bytes: 0, points: new Map() };
    this.#frames.push(frame);
    this.evict(nowMs);
    return frame;
  }

  /** Frames are in the order of time: the first that may hold a point after `timeMs`. */
  #firstAfter(timeMs: number): number {
    let [low, high] = [0, this.#frames.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#frames[middle]?.timeMs ?? 0) + FRAME_MS < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const LATE_MS = 60_000;

function copyOf(value: Distribution): Distribution {
  const copy = new Distribution();
  copy.add(value);
  return copy;
}

function keyOf({ metric, workload, instance, attributes }: Series): string {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metric, workload, instance, sorted]);
}
