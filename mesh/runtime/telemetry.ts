import {
  type Counter,
  type Gauge,
  type Histogram,
  type Meter,
  type MetricOptions,
  metrics,
  trace,
} from '@opentelemetry/api';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';

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
  createGauge(name: string, options?: MetricOptions): Gauge {
    const made = afterStart((own) => own.createGauge(name, options));
    return { record: (...measurement) => made()?.record(...measurement) };
  },
};

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

/**
 * Starts OpenTelemetry for the process, once. Traces and metrics go out over OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set (protocol,
 * headers and sampling by OpenTelemetry's own variables).
 */
export function startTelemetry(serviceName: string, env: NodeJS.ProcessEnv = process.env): void {
  if (started) return;
  const collected = Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT);
  const configuration: Partial<NodeSDKConfiguration> = {
    serviceName,
    instrumentations: [],
    logRecordProcessors: [],
    ...(collected ? {} : { spanProcessors: [silent], metricReaders: [] }),
  };
  started = new NodeSDK(configuration);
  started.start();
}

/** Sends what is still held back. */
export async function stopTelemetry(): Promise<void> {
  await started?.shutdown();
  started = undefined;
}
