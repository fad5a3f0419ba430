import type { HandlerContext, Interceptor, StreamRequest, UnaryRequest } from '@connectrpc/connect';
import { type Code, ConnectError } from '@connectrpc/connect';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { HEADER } from '../caller.ts';
import { codeName } from '../codes.ts';
import { meter, tracer } from '../telemetry.ts';

const headerSetter = { set: (headers: Headers, key: string, value: string) => headers.set(key, value) };

const durations = meter.createHistogram('rpc.client.call.duration', {
  unit: 's',
  description: 'Duration of RPCs sent',
});

const attributesOf = (callee: string, { service, method }: UnaryRequest | StreamRequest) => ({
  'rpc.system.name': 'grpc',
  'rpc.method': `${service.typeName}/${method.name}`,
  'kreki.callee': callee,
});

/** Measures each call to a service: at the edge, where the span of the call from outside stands for it and its trace is in the headers already. */
export const clientMetrics =
  (callee: string): Interceptor =>
  (next) =>
  async (request) => {
    // That it asks services how they are is not what the edge is for.
    if (!request.service.typeName.startsWith('kreki.')) return next(request);
    const startMs = performance.now();
    let failed: Code | undefined;
    try {
      return await next(request);
    } catch (error) {
      failed = codeOf(error, request);
      throw error;
    } finally {
      const code = { 'rpc.response.status_code': codeName(failed) };
      durations.record((performance.now() - startMs) / 1_000, { ...attributesOf(callee, request), ...code });
    }
  };

/** A call that its deadline ended comes back cancelled. */
const codeOf = (error: unknown, { signal }: UnaryRequest | StreamRequest): Code =>
  ConnectError.from(signal.aborted && signal.reason instanceof ConnectError ? signal.reason : error).code;

/** Measures each call to a service, makes a span of it and sends the trace with it. */
export const clientTelemetry =
  (callee: string): Interceptor =>
  (next) =>
  async (request) => {
    const startMs = performance.now();
    const attributes = attributesOf(callee, request);
    const span = tracer.startSpan(attributes['rpc.method'], { kind: SpanKind.CLIENT, attributes });
    const active = trace.setSpan(context.active(), span);
    propagation.inject(active, request.header, headerSetter);
    let failed: Code | undefined;
    try {
      return await context.with(active, () => next(request));
    } catch (error) {
      failed = codeOf(error, request);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      const code = { 'rpc.response.status_code': codeName(failed) };
      durations.record((performance.now() - startMs) / 1_000, { ...attributes, ...code });
      span.setAttributes(code);
      span.end();
    }
  };

/** Call options that make a call part of the one being handled: its signal, what is left of its deadline, and the person's token. */
export function forward(handling: HandlerContext): { signal: AbortSignal; timeoutMs?: number; headers: Headers } {
  const headers = new Headers();
  for (const name of ['authorization', HEADER.requestId, HEADER.clientIp]) {
    const value = handling.requestHeader.get(name);
    if (value) headers.set(name, value);
  }
  const timeoutMs = handling.timeoutMs();
  return { signal: handling.signal, headers, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}
