import { once } from 'node:events';
import { createServer } from 'node:http';
import { fromBinary } from '@bufbuild/protobuf';
import { ExportMetricsServiceRequestSchema } from '@kreki/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js';
import { ExportTraceServiceRequestSchema } from '@kreki/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { KeyValue } from '@kreki/gen/opentelemetry/proto/common/v1/common_pb.js';
import { startTelemetry, stopTelemetry } from '../telemetry.ts';

/** A span as it was sent. */
export interface SentSpan {
  readonly name: string;
  /** As OTLP numbers them: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Starts telemetry of this process, and takes what it sends over OTLP: metrics twice a second, as differences, as the mesh does. */
export async function startCollector() {
  const bodies: { path: string; body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    bodies.push({ path: request.url ?? '', body: Buffer.concat(parts) });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${address.port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
    OTEL_METRIC_EXPORT_TIMEOUT: '500',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  startTelemetry('test');
  const of = (path: string) => bodies.filter((each) => each.path === path).map(({ body }) => body);
  const metrics = () =>
    of('/v1/metrics')
      .flatMap((body) => fromBinary(ExportMetricsServiceRequestSchema, body).resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return {
    /** Ends telemetry: what is left is sent. */
    finish: stopTelemetry,
    /** Names of the metrics that came so far, each as often as it was sent. */
    metricNames: (): string[] => metrics().map(({ name }) => name),
    /** Attributes of every point of a metric that came so far. */
    points: (metric: string): Record<string, string>[] =>
      metrics()
        .filter(({ name }) => name === metric)
        .flatMap(({ data }): readonly { readonly attributes: KeyValue[] }[] => data.value?.dataPoints ?? [])
        .map(({ attributes }) => plain(attributes)),
    /** Spans that came so far. */
    spans: (): SentSpan[] =>
      of('/v1/traces')
        .flatMap((body) => fromBinary(ExportTraceServiceRequestSchema, body).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        .map(({ name, kind, traceId, spanId, parentSpanId, attributes }) => ({
          name,
          kind,
          traceId: hex(traceId),
          spanId: hex(spanId),
          parentSpanId: hex(parentSpanId),
          attributes: plain(attributes),
        })),
    /** Telemetry ends with it, which would keep its connection and with it the process. */
    async stop() {
      await stopTelemetry();
      server.closeAllConnections();
      server.close();
    },
  };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const plain = (attributes: readonly KeyValue[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(value?.value.value ?? '')]));
