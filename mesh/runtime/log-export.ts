import { context, logs, SeverityNumber, TraceFlags, trace } from '@opentelemetry/api';

const SEVERITIES: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** A stream of the logger that sends each line on over OTLP: after redaction, so that nothing leaves that the log itself does not show. */
export const logExport = {
  write(line: string): void {
    const { level, time, msg = '', name: _, trace_id: traceId, span_id: spanId, ...rest } = JSON.parse(line);
    const spanContext = traceId && spanId ? { traceId, spanId, traceFlags: TraceFlags.SAMPLED } : undefined;
    logs.getLogger('kreki').emit({
      severityNumber: SEVERITIES[level] ?? SeverityNumber.INFO,
      severityText: level,
      body: msg,
      timestamp: Date.parse(time),
      attributes: Object.fromEntries(
        Object.entries(rest).map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : value]),
      ) as Record<string, string | number | boolean>,
      ...(spanContext && { context: trace.setSpanContext(context.active(), spanContext) }),
    });
  },
};
