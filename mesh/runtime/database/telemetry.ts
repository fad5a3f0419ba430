import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { meter, tracer } from '../telemetry.ts';

const durations = meter.createHistogram('db.client.operation.duration', {
  unit: 's',
  description: 'Duration of statements and commands',
});

/** Where something is stored, as OpenTelemetry names it. */
export type Store = 'postgresql' | 'redis';

const PREFIX: Readonly<Record<Store, string>> = { postgresql: 'sql', redis: 'redis' };

/**
 * Measures what a store is asked from now on; within a trace that is recorded it is a span too.
 * @param name Of a prepared statement, or of a command: one of few, and never a value.
 */
export function operation(store: Store, name: string): (error?: unknown) => void {
  const startMs = performance.now();
  const attributes = { 'db.system.name': store, 'db.operation.name': name };
  const span = trace.getSpan(context.active())?.isRecording()
    ? tracer.startSpan(`${PREFIX[store]} ${name}`, { kind: SpanKind.CLIENT, attributes })
    : undefined;
  return (error) => {
    const failure = error === undefined ? undefined : { 'error.type': codeOf(error) };
    durations.record((performance.now() - startMs) / 1_000, { ...attributes, ...failure });
    if (!span) return;
    if (failure) span.setAttributes(failure).setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };
}

/** PostgreSQL's SQLSTATE, also below Prisma; else the name of the error. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  const { originalCode } = (error.cause ?? {}) as { originalCode?: unknown };
  return typeof originalCode === 'string' ? originalCode : error.name;
}
