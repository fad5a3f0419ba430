import type { HandlerContext, Interceptor } from '@connectrpc/connect';
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

/** Measures each call to a service, makes a span of it and sends the trace with it. */
export const clientTelemetry =
  (callee: string): Interceptor =>
  (next) =>
  async (request) => {
    const name = `${request.service.typeName}/${request.method.name}`;
    const startMs = performance.now();
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name, 'kreki.callee': callee };
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes });
    const active = trace.setSpan(context.active(), span);
    propagation.inject(active, request.header, headerSetter);
    let failed: Code | undefined;
    try {
      return await context.with(active, () => next(request));
    } catch (error) {
      failed = ConnectError.from(error).code;
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
