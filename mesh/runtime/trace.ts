import { type Attributes, context, propagation, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { tracer } from './telemetry.ts';

/** Where the trace stands, as W3C text: to be stored with what goes on later. Null outside of any trace. */
export function traceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

/**
 * Does a piece of work in the trace that brought it about, which may have ended long ago or elsewhere; in none when that is not known. It is
 * for work with one cause: what gathers several, such as a batch of results, belongs to the trace of none.
 * @param from What `traceparent()` gave.
 */
export const continueTrace = <T>(from: string | null, work: () => T): T =>
  context.with(propagation.extract(ROOT_CONTEXT, from === null ? {} : { traceparent: from }), work);

/** Makes a span of a piece of work within this process. */
export const inSpan = <T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> => {
  const span = tracer.startSpan(name, { attributes });
  return context
    .with(trace.setSpan(context.active(), span), work)
    .catch((error: unknown) => {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    })
    .finally(() => span.end());
};
