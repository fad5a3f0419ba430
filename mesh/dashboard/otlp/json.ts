import { type DescMessage, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '@kreki/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { ExportMetricsServiceRequestSchema } from '@kreki/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js';
import { ExportTraceServiceRequestSchema } from '@kreki/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { Signal } from './receiver.ts';

const SCHEMAS: Readonly<Record<Signal, DescMessage>> = {
  traces: ExportTraceServiceRequestSchema,
  metrics: ExportMetricsServiceRequestSchema,
  logs: ExportLogsServiceRequestSchema,
};

const IDS = new Set(['traceId', 'spanId', 'parentSpanId']);

/** OTLP's JSON is Protobuf's, but for ids, which are hexadecimal. Source: OTLP specification, "JSON Protobuf encoding". */
export function toBinaryRequest(signal: Signal, text: string): Uint8Array {
  const json: JsonValue = JSON.parse(text, (key, value) =>
    IDS.has(key) && typeof value === 'string' ? Buffer.from(value, 'hex').toString('base64') : value,
  );
  const schema = SCHEMAS[signal];
  return toBinary(schema, fromJson(schema, json, { ignoreUnknownFields: true }));
}
