import { Code, type ServiceImpl } from '@connectrpc/connect';
import type { TraceService } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { logMessage, spanMessage } from '../traces/messages.ts';
import { summaryOf } from '../traces/summary.ts';

export const getTrace =
  ({ telemetry }: Context): ServiceImpl<typeof TraceService>['getTrace'] =>
  ({ traceId }) => {
    const id = Buffer.from(traceId, 'hex');
    const spans = [...telemetry.spans.ofTrace(id)].sort((a, b) => a.startMs - b.startMs);
    const summary = summaryOf(spans);
    if (!summary) {
      throw fail(Code.NotFound, 'TRACE_NOT_FOUND', 'this trace is not held: it was not recorded, or has left memory');
    }
    const logs = [...telemetry.logs.ofTrace(id)].sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq);
    return { summary, spans: spans.map(spanMessage), logs: logs.map(logMessage) };
  };
