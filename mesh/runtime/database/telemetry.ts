import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { meter, tracer } from '../telemetry.ts';

const durations = meter.createHistogram('db.client.operation.duration', {
  unit: 's',
  description: 'Duration of statements',
});

/** Measures a prepared statement that begins now; within a trace that is recorded it is a span too. The values never go along. */
export function statement(name: string): (error?: unknown) => void {
  const startMs = performance.now();
  const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': name };
  const span = trace.getSpan(context.active())?.isRecording()
    ? tracer.startSpan(`sql ${name}`, { kind: SpanKind.CLIENT, attributes })
    : undefined;
  return (error) => {
    const failure = error === undefined ? undefined : { 'error.type': codeOf(error) };
    durations.record((performance.now() - startMs) / 1_000, { ...attributes, ...failure });
    if (!span) return;
    if (failure) span.setAttributes(failure).setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };
}

/** PostgreSQL's SQLSTATE, else the name of the error. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
