import { metrics, trace } from '@opentelemetry/api';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';

const SCOPE = 'kreki';

/** The tracer and meter of every span and metric that the runtime and the services make by hand. */
export const tracer = trace.getTracer(SCOPE);
export const meter = metrics.getMeter(SCOPE);

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
