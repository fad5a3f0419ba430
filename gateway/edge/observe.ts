import { Code, type ConnectError } from '@connectrpc/connect';
import { codeName } from '@kreki/runtime/codes';
import { reasonOf } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import { meter, tracer } from '@kreki/runtime/telemetry';
import { type Context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type Exchange, type HttpRequest, header, pathOf } from '../http/exchange.ts';
import type { EdgeMethod } from '../registry.ts';

/** What is recorded of one call through the edge, from its admission until its answer is sent. */
export interface Observed {
  /** The trace as the services called are to continue it. */
  readonly context: Context;
  readonly traceId: string;
  /** Begins a span of a question to Redis, of which several calls' travel together; ends it when called back. */
  asksRedis(what: string): () => void;
  failed(error: ConnectError): void;
}

const durations = meter.createHistogram('kreki.edge.call.duration', {
  unit: 's',
  description: 'Duration of calls through the edge',
});

/** Baggage from outside is not believed: only the trace goes on. */
const TRACE_HEADERS = ['traceparent', 'tracestate'];
const getter = {
  keys: () => TRACE_HEADERS,
  get: (request: HttpRequest, key: string) => (TRACE_HEADERS.includes(key) ? header(request, key) : undefined),
};

export function observe(target: EdgeMethod, exchange: Exchange, log: Logger): Observed {
  const { request, response } = exchange;
  const startMs = performance.now();
  const parent = propagation.extract(ROOT_CONTEXT, request, getter);
  const { methodKind } = target.method;
  const streams = methodKind !== 'unary' && { 'kreki.rpc.kind': methodKind };
  const attributes = { 'rpc.method': target.name, ...streams };
  const span = tracer.startSpan(target.name, { kind: SpanKind.SERVER, attributes }, parent);
  const { traceId } = span.spanContext();
  response.setHeader('x-trace-id', traceId);

  let error: ConnectError | undefined;
  response.once('close', () => {
    const durationMs = performance.now() - startMs;
    const code = error ? codeName(error.code) : codeOfStatus(response.statusCode);
    const answer = { 'rpc.response.status_code': code, 'kreki.protocol': protocolOf(request) };
    durations.record(durationMs / 1_000, { ...attributes, ...answer });
    span.setAttributes(answer);
    if (error?.code === Code.Internal) span.setStatus({ code: SpanStatusCode.ERROR, message: error.rawMessage });
    span.end();
    if (!log.isLevelEnabled('debug')) return;
    const { requestId } = exchange;
    const reason = (error && reasonOf(error)) || undefined;
    log.debug({ rpc: target.name, code, reason, durationMs, requestId, trace_id: traceId }, 'call');
  });

  const within = trace.setSpan(parent, span);
  return {
    context: within,
    traceId,
    asksRedis(what) {
      const attributes = { 'db.system.name': 'redis', 'db.operation.name': what };
      const question = tracer.startSpan(`redis ${what}`, { kind: SpanKind.CLIENT, attributes }, within);
      return () => question.end();
    },
    failed: (shown) => {
      error = shown;
    },
  };
}

/** For a request that was refused before it became a call, such as one whose body cannot be read. */
const codeOfStatus = (status: number): string => (status < 400 ? 'OK' : 'INVALID_ARGUMENT');

/** What the caller speaks, by the type of what it sent; a RPC by its path that says no more is Connect's. */
function protocolOf(request: HttpRequest): string {
  const type = header(request, 'content-type') ?? '';
  if (type.startsWith('application/grpc-web')) return 'grpc-web';
  if (type.startsWith('application/grpc')) return 'grpc';
  return pathOf(request).startsWith('/kreki.') ? 'connect' : 'rest';
}
