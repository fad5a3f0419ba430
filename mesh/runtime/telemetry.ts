import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  type Attributes,
  type Counter,
  type Gauge,
  type Histogram,
  type Meter,
  type MetricOptions,
  metrics,
  trace,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, InstrumentType, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import manifest from './package.json' with { type: 'json' };
import { observeProcess } from './process-metrics.ts';

const SCOPE = 'kreki';

/** The tracer of every span that the runtime and the services make by hand. */
export const tracer = trace.getTracer(SCOPE);

/**
 * Makes the metrics that the runtime and the services measure by hand, when a module is loaded: OpenTelemetry's own instruments stay
 * silent for ever when they are made before it starts, so these are made at their first measurement after that.
 */
export const meter = {
  createHistogram(name: string, options?: MetricOptions): Histogram {
    const made = afterStart((own) => own.createHistogram(name, options));
    return { record: (...measurement) => made()?.record(...measurement) };
  },
  createCounter(name: string, options?: MetricOptions): Counter {
    const made = afterStart((own) => own.createCounter(name, options));
    return { add: (...measurement) => made()?.add(...measurement) };
  },
  /** Says the last value of each set of attributes again whenever metrics are collected; OpenTelemetry's own says it once where differences are sent. */
  createGauge(name: string, options?: MetricOptions): Gauge {
    const last = new Map<string, readonly [value: number, attributes: Attributes]>();
    const made = afterStart((own) => {
      const gauge = own.createObservableGauge(name, options);
      gauge.addCallback((result) => {
        for (const measurement of last.values()) result.observe(...measurement);
      });
      return gauge;
    });
    return {
      record(value, attributes = {}) {
        last.set(JSON.stringify(attributes), [value, attributes]);
        made();
      },
    };
  },
};

/** Adds to the span of the call or event that is being handled, for what can be found again by it. */
export const annotate = (attributes: Attributes): void => void trace.getActiveSpan()?.setAttributes(attributes);

/** For metrics that are measured when they are collected; to be called after `startTelemetry`. */
export const startedMeter = (): Meter => metrics.getMeter(SCOPE);

function afterStart<T>(make: (own: Meter) => T): () => T | undefined {
  let made: T | undefined;
  return () => {
    if (started) made ??= make(startedMeter());
    return made;
  };
}

/** Gives every call a trace id for logs and errors, and records nothing: what runs when nobody collects. */
const silent: NonNullable<NodeSDKConfiguration['spanProcessors']>[number] = {
  onStart() {},
  onEnd() {},
  async forceFlush() {},
  async shutdown() {},
};

let started: NodeSDK | undefined;

/** Buckets about 2 % wide over the five decades of a call's duration, so that percentiles are as exact as rates. */
export const HISTOGRAMS: ViewOptions = {
  instrumentType: InstrumentType.HISTOGRAM,
  aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 640 } },
};

/** Whether this process sends telemetry, and with it its log. */
export const isCollected = (env: NodeJS.ProcessEnv = process.env): boolean =>
  Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT) && env.OTEL_SDK_DISABLED !== 'true';

/**
 * Starts OpenTelemetry for the process, once. Traces, metrics and logs go out over OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set
 * (protocol, headers and sampling by OpenTelemetry's own variables). What is sent: docs/telemetry.md.
 */
export function startTelemetry(serviceName: string, env: NodeJS.ProcessEnv = process.env): void {
  if (started) return;
  const collected = isCollected(env);
  const configuration: Partial<NodeSDKConfiguration> = {
    serviceName,
    instrumentations: [],
    resourceDetectors: [],
    resource: resourceFromAttributes({
      'service.instance.id': randomUUID(),
      'service.version': manifest.version,
      'host.name': hostname(),
      'process.pid': process.pid,
    }),
    views: [HISTOGRAMS],
    ...(collected ? {} : { spanProcessors: [silent], metricReaders: [], logRecordProcessors: [] }),
  };
  started = new NodeSDK(configuration);
  started.start();
  if (collected) observeProcess(startedMeter());
}

/** Sends what is still held back. */
export async function stopTelemetry(): Promise<void> {
  await started?.shutdown();
  started = undefined;
}
