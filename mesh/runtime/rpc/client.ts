import type { HandlerContext, Interceptor } from '@connectrpc/connect';
import { Code, ConnectError } from '@connectrpc/connect';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { HEADER } from '../caller.ts';
import { tracer } from '../telemetry.ts';

const headerSetter = { set: (headers: Headers, key: string, value: string) => headers.set(key, value) };

/** Makes a span of each call and sends the trace with it. */
export const clientTelemetry: Interceptor = (next) => async (request) => {
  const name = `${request.service.typeName}/${request.method.name}`;
  const span = tracer.startSpan(name, {
    kind: SpanKind.CLIENT,
    attributes: { 'rpc.system.name': 'grpc', 'rpc.method': name },
  });
  const active = trace.setSpan(context.active(), span);
  propagation.inject(active, request.header, headerSetter);
  try {
    return await context.with(active, () => next(request));
  } catch (error) {
    span.setAttribute('rpc.response.status_code', Code[ConnectError.from(error).code] ?? 'Unknown');
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
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
