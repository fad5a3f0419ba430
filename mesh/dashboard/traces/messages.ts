import type { MessageInitShape } from '@bufbuild/protobuf';
import { type LogRecordSchema, SpanKind, type SpanSchema } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { masked } from '../mask.ts';
import { plain, textOf } from '../otlp/attributes.ts';
import type { HeldLog } from '../store/logs.ts';
import type { HeldSpan } from '../store/spans.ts';
import { timestampOf } from '../timestamp.ts';
import { hex } from './summary.ts';

/** A span in full, as the contract has it. */
export function spanMessage(held: HeldSpan): MessageInitShape<typeof SpanSchema> {
  const span = held.decode();
  const message = span.status?.message;
  return {
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    workload: held.workload,
    name: span.name,
    kind: held.kind in SpanKind ? held.kind : SpanKind.UNSPECIFIED,
    startTime: timestampOf(held.startMs),
    durationMs: held.durationMs,
    code: held.code,
    fault: held.fault,
    attributes: { ...masked(plain(span.attributes)), ...(message && { 'status.message': message }) },
    linkedTraceIds: span.links.map(({ traceId }) => hex(traceId)),
  };
}

/** OTLP's severity numbers come in fours, from `trace` on. */
const LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

export const levelOf = (severity: number): string => LEVELS[Math.floor((severity - 1) / 4)] ?? 'info';

/** Least severity number of a level; 0 for none. */
export const severityOf = (level: string): number => LEVELS.indexOf(level) * 4 + 1;

const NO_TRACE = /^0*$/;

/** A log record in full, as the contract has it. */
export function logMessage(held: HeldLog): MessageInitShape<typeof LogRecordSchema> {
  const record = held.decode();
  const traceId = hex(held.traceId);
  const inTrace = !NO_TRACE.test(traceId);
  return {
    seq: BigInt(held.seq),
    time: timestampOf(held.timeMs),
    workload: held.workload,
    level: levelOf(held.severity),
    message: textOf(record.body),
    attributes: masked(plain(record.attributes)),
    traceId: inTrace ? traceId : '',
    spanId: inTrace ? hex(record.spanId) : '',
  };
}
