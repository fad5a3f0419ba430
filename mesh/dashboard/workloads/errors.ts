import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RecentErrorSchema } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { plain } from '../otlp/attributes.ts';
import type { Span } from '../store/metrics.ts';
import type { Telemetry } from '../store/telemetry.ts';
import { timestampOf } from '../timestamp.ts';
import { logMessage, severityOf } from '../traces/messages.ts';
import { hex } from '../traces/summary.ts';

type RecentError = MessageInitShape<typeof RecentErrorSchema>;

const ERRORS_MAX = 50;
/** How far back records are looked at. */
const SCAN_MAX = 100_000;

/** Calls that failed and errors that were logged by a workload, the newest first. */
export function recentErrors(telemetry: Telemetry, workload: string, { startMs, endMs }: Span): RecentError[] {
  const within = (timeMs: number) => timeMs >= startMs && timeMs <= endMs;
  const found: (RecentError & { timeMs: number })[] = [];
  let scanned = 0;
  for (const span of telemetry.spans.backwards()) {
    if (++scanned > SCAN_MAX || found.length >= ERRORS_MAX) break;
    if (!span.fault || span.workload !== workload || !within(span.startMs)) continue;
    const { status, attributes } = span.decode();
    const message = status?.message || plain(attributes)['error.message'] || '';
    const timeMs = span.startMs + span.durationMs;
    found.push({ timeMs, operation: span.name, code: span.code, message, traceId: hex(span.traceId) });
  }
  scanned = 0;
  let logged = 0;
  for (const log of telemetry.logs.backwards()) {
    if (++scanned > SCAN_MAX || logged >= ERRORS_MAX) break;
    if (log.severity < severityOf('error') || log.workload !== workload || !within(log.timeMs)) continue;
    const { message = '', traceId = '', attributes = {} } = logMessage(log);
    found.push({ timeMs: log.timeMs, operation: attributes.rpc ?? '', code: 'logged', message, traceId });
    logged += 1;
  }
  return found
    .sort((a, b) => b.timeMs - a.timeMs)
    .slice(0, ERRORS_MAX)
    .map(({ timeMs, ...error }) => ({ ...error, time: timestampOf(timeMs) }));
}
