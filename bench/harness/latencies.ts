import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Latency } from './sample.ts';

/** Where the curve is read; the last is the longest. */
const PERCENTILES = [10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100];
const HIGHEST_MICROS = 120_000_000;

/** An HDR histogram (node:perf_hooks has HdrHistogram_c), in microseconds with three figures. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: HIGHEST_MICROS, figures: 3 });

  record(ms: number): void {
    this.#histogram.record(Math.min(HIGHEST_MICROS, Math.max(1, Math.round(ms * 1_000))));
  }

  summary(): Latency {
    const histogram = this.#histogram;
    const at = (percentile: number) => (percentile === 100 ? histogram.max : histogram.percentile(percentile)) / 1_000;
    return {
      count: histogram.count,
      curve: histogram.count === 0 ? [] : PERCENTILES.map((percentile) => [percentile, at(percentile)] as const),
    };
  }
}

/** Milliseconds at one of the percentiles of a curve. */
export const at = ({ curve }: Latency, percentile: number): number =>
  curve.find(([each]) => each === percentile)?.[1] ?? Number.NaN;

/** What is compared of a latency. */
export const figuresOf = (latency: Latency) => ({
  p50Ms: at(latency, 50),
  p99Ms: at(latency, 99),
  maxMs: at(latency, 100),
});
