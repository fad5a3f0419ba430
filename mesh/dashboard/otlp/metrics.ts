import type { ExportMetricsServiceRequest } from '@kreki/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js';
import type { KeyValue } from '@kreki/gen/opentelemetry/proto/common/v1/common_pb.js';
import {
  AggregationTemporality,
  type ExponentialHistogramDataPoint,
  type HistogramDataPoint,
  type Metric,
  type NumberDataPoint,
} from '@kreki/gen/opentelemetry/proto/metrics/v1/metrics_pb.js';
import { Distribution } from '../store/distribution.ts';
import type { Metrics, Series } from '../store/metrics.ts';
import { plain } from './attributes.ts';
import { milliseconds } from './walk.ts';

type Resource = Pick<Series, 'workload' | 'instance' | 'version'>;

/** What a cumulative series had counted when it was last heard. */
interface Total {
  readonly start: bigint;
  readonly count: number;
  readonly sum: number;
  readonly zero: number;
  readonly buckets: readonly number[];
  readonly offset: number;
  readonly scale: number;
}

/**
 * Takes metrics as they are exported into the store, as increases: of a series that counts from its start on, what it counted
 * since it was last heard; all of it when it began after this process did.
 */
export class MetricReceiver {
  readonly #store: Metrics;
  readonly #totals = new WeakMap<Series, Total>();
  readonly #startNanos = BigInt(Date.now()) * 1_000_000n;

  constructor(store: Metrics) {
    this.#store = store;
  }

  /** @returns the workloads that sent them */
  receive(request: ExportMetricsServiceRequest, nowMs: number): Set<string> {
    const workloads = new Set<string>();
    for (const { resource, scopeMetrics } of request.resourceMetrics) {
      const attributes = plain(resource?.attributes ?? []);
      const from: Resource = {
        workload: attributes['service.name'] || 'unknown_service',
        instance:
          attributes['service.instance.id'] ||
          [attributes['host.name'], attributes['process.pid']].filter(Boolean).join(':') ||
          'unknown',
        version: attributes['service.version'] ?? '',
      };
      workloads.add(from.workload);
      for (const { metrics } of scopeMetrics) for (const metric of metrics) this.#take(from, metric, nowMs);
    }
    return workloads;
  }

  #take(from: Resource, { name, data }: Metric, nowMs: number): void {
    const seriesOf = (attributes: KeyValue[]) =>
      this.#store.series({ metric: name, ...from, attributes: plain(attributes) }, nowMs);
    const add = (series: Series, time: bigint, value: number | Distribution) =>
      this.#store.add({ series, timeMs: milliseconds(time), value }, nowMs);

    switch (data.case) {
      case 'gauge':
        for (const point of data.value.dataPoints) {
          const series = seriesOf(point.attributes);
          if (series) add(series, point.timeUnixNano, numberOf(point));
        }
        return;
      case 'sum':
        for (const point of data.value.dataPoints) {
          const series = seriesOf(point.attributes);
          if (!series) continue;
          const counted = data.value.isMonotonic && isCumulative(data.value.aggregationTemporality);
          add(series, point.timeUnixNano, counted ? this.#increase(series, point) : numberOf(point));
        }
        return;
      case 'histogram':
        for (const point of data.value.dataPoints) {
          const series = seriesOf(point.attributes);
          if (!series || point.count === 0n) continue;
          const cumulative = isCumulative(data.value.aggregationTemporality);
          const distribution = this.#bounded(series, point, cumulative);
          if (distribution.count > 0) add(series, point.timeUnixNano, distribution);
        }
        return;
      case 'exponentialHistogram':
        for (const point of data.value.dataPoints) {
          const series = seriesOf(point.attributes);
          if (!series || point.count === 0n) continue;
          const cumulative = isCumulative(data.value.aggregationTemporality);
          const distribution = this.#exponential(series, point, cumulative);
          if (distribution.count > 0) add(series, point.timeUnixNano, distribution);
        }
        return;
      default:
    }
  }

  #increase(series: Series, point: NumberDataPoint): number {
    const value = numberOf(point);
    const before = this.#before(series, point.startTimeUnixNano, value, { sum: value });
    return before ? value - before.sum : 0;
  }

  #bounded(series: Series, point: HistogramDataPoint, cumulative: boolean): Distribution {
    const counts = point.bucketCounts.map(Number);
    const made = new Distribution();
    const [count, sum] = [Number(point.count), point.sum ?? 0];
    const before = cumulative
      ? this.#before(series, point.startTimeUnixNano, count, { sum, buckets: counts })
      : NOTHING_YET;
    if (!before) return made;
    made.count = count - before.count;
    made.sum = sum - before.sum;
    made.addBounded(
      point.explicitBounds,
      counts.map((each, index) => Math.max(each - (before.buckets[index] ?? 0), 0)),
      point.max,
    );
    return made;
  }

  #exponential(series: Series, point: ExponentialHistogramDataPoint, cumulative: boolean): Distribution {
    const buckets = (point.positive?.bucketCounts ?? []).map(Number);
    const { scale } = point;
    const zero = Number(point.zeroCount);
    const offset = point.positive?.offset ?? 0;
    const made = new Distribution(scale);
    const [count, sum] = [Number(point.count), point.sum ?? 0];
    const before = cumulative
      ? this.#before(series, point.startTimeUnixNano, count, { sum, zero, buckets, offset, scale })
      : NOTHING_YET;
    if (!before) return made;
    made.count = count - before.count;
    made.sum = sum - before.sum;
    made.addBuckets(scale, offset, buckets, zero - before.zero);
    // Scales only grow coarser, so what was counted before fits into the buckets of now.
    if (before.buckets.length > 0)
      made.addBuckets(
        before.scale,
        before.offset,
        before.buckets.map((each) => -each),
      );
    return made;
  }

  /** What to subtract; undefined when the series counted before this process began, and is heard for the first time. */
  #before(series: Series, start: bigint, count: number, rest: Partial<Total>): Total | undefined {
    const before = this.#totals.get(series);
    this.#totals.set(series, { ...NOTHING_YET, ...rest, start, count });
    if (before && before.start === start && before.count <= count) return before;
    return before || start >= this.#startNanos ? NOTHING_YET : undefined;
  }
}

const NOTHING_YET: Total = { start: 0n, count: 0, sum: 0, zero: 0, buckets: [], offset: 0, scale: 0 };

const isCumulative = (temporality: AggregationTemporality) => temporality === AggregationTemporality.CUMULATIVE;

const numberOf = ({ value }: NumberDataPoint): number => (value.case === undefined ? 0 : Number(value.value));
