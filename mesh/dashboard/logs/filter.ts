import type { LogFilter } from '@kreki/gen/kreki/mesh/v1/log_service_pb.js';
import type { HeldLog } from '../store/logs.ts';
import { severityOf } from '../traces/messages.ts';

/** Whether a log record meets every condition; the text is looked for in its bytes, letter for letter in either case. */
export function logMatcher(filter: LogFilter | undefined): (log: HeldLog) => boolean {
  if (!filter) return () => true;
  const { workload, level, text } = filter;
  const severity = level ? severityOf(level) : 0;
  const traceId = filter.traceId ? Buffer.from(filter.traceId, 'hex') : undefined;
  const wanted = text.toLowerCase();
  return (log) =>
    log.severity >= severity &&
    (!workload || log.workload === workload) &&
    (!traceId || traceId.equals(log.traceId)) &&
    (!wanted || log.raw().toString('latin1').toLowerCase().includes(Buffer.from(wanted).toString('latin1')));
}
