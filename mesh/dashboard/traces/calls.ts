import type { MessageInitShape } from '@bufbuild/protobuf';
import { fromBinary } from '@bufbuild/protobuf';
import { type CallSchema, SpanKind, type WatchCallsRequest } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { SpanSchema as OtlpSpanSchema } from '@kreki/gen/opentelemetry/proto/trace/v1/trace_pb.js';
import { plain } from '../otlp/attributes.ts';
import type { ReceivedSpan } from '../otlp/spans.ts';
import { OWN_NAME } from '../own-name.ts';
import { timestampOf } from '../timestamp.ts';
import { hex } from './summary.ts';

export type Call = MessageInitShape<typeof CallSchema>;

/** The call that a span is, as far as the request wants it; undefined for one that it does not, and for a span that is no call. */
export function callOf(workload: string, span: ReceivedSpan, wanted: WatchCallsRequest): Call | undefined {
  const event = span.kind === SpanKind.CONSUMER;
  if (span.kind !== SpanKind.SERVER && !event) return undefined;
  if (wanted.destination ? wanted.destination !== workload : workload === OWN_NAME) return undefined;
  if (span.durationMs < wanted.minDurationMs) return undefined;
  if (wanted.code && (wanted.code === 'fault' ? !span.fault : span.code !== wanted.code.toLowerCase()))
    return undefined;
  if (wanted.rpc && !span.name.toLowerCase().includes(wanted.rpc.toLowerCase())) return undefined;
  const attributes = plain(fromBinary(OtlpSpanSchema, span.raw).attributes);
  const source = event
    ? (attributes['messaging.destination.name'] ?? 'jetstream')
    : attributes['kreki.caller'] || (workload === 'gateway' ? 'client' : '');
  if (wanted.source && wanted.source !== source) return undefined;
  return {
    time: timestampOf(span.startMs + span.durationMs),
    source,
    destination: workload,
    rpc: attributes['rpc.method'] || span.name,
    durationMs: span.durationMs,
    code: span.code || (span.fault ? 'fault' : 'ok'),
    traceId: hex(span.traceId),
    protocol: event ? 'jetstream' : (attributes['kreki.protocol'] ?? attributes['rpc.system.name'] ?? ''),
  };
}
