import { AsyncResource } from 'node:async_hooks';
import { Code, ConnectError, type ContextValues, type Interceptor, type StreamResponse } from '@connectrpc/connect';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { callerKey, peerKey } from '../../caller.ts';
import { codeName } from '../../codes.ts';
import { databaseError } from '../../database/errors.ts';
import { fail, reasonOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { meter, tracer } from '../../telemetry.ts';
import { passed, withMessages } from '../passed.ts';
import { idsOf } from './ids.ts';

const headerGetter = {
  keys: (headers: Headers) => [...headers.keys()],
  get: (headers: Headers, key: string) => headers.get(key) ?? undefined,
};

const durations = meter.createHistogram('rpc.server.call.duration', {
  unit: 's',
  description: 'Duration of RPCs answered',
});

const denials = meter.createCounter('kreki.rpc.denied', { description: 'Calls refused because of who calls' });

/** Codes that say that the mesh, not the caller, is at fault. */
const FAULTS: ReadonlySet<Code> = new Set([Code.Internal, Code.Unknown, Code.DataLoss, Code.Unimplemented]);

/**
 * The outermost interceptor: continues the trace, measures, writes the access log, and turns whatever was thrown into an error that may
 * leave the service. An unexpected one becomes `internal` with its trace id, its cause in the log only.
 * @param security how the callers' connections are secured: `mtls`, `linkerd`; empty where people call themselves.
 */
export function telemetry(log: Logger, security = ''): Interceptor {
  return (next) => async (request) => {
    const name = `${request.service.typeName}/${request.method.name}`;
    const startMs = performance.now();
    const parent = propagation.extract(ROOT_CONTEXT, request.header, headerGetter);
    const { methodKind } = request.method;
    // How long a stream lives says nothing of how fast it is answered: who reads the durations can leave it out.
    const streams = methodKind !== 'unary' && { 'kreki.rpc.kind': methodKind };
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name, ...streams };
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    const active = trace.setSpan(parent, span);
    if (span.isRecording() && !request.stream) span.setAttributes(idsOf(request.method.input, request.message));

    const finish = ending({ name, startMs, attributes, span, log, security, values: request.contextValues });

    try {
      const response = await context.with(active, () => next(request));
      if (!response.stream) {
        finish();
        return response;
      }
      return withMessages(response, observed(response.message, { name, span, log, active, finish }));
    } catch (thrown) {
      const error = presentable(thrown, { name, span, log });
      finish(error);
      throw error;
    }
  };
}

interface Begun {
  readonly name: string;
  readonly startMs: number;
  readonly attributes: Attributes;
  readonly span: Span;
  readonly log: Logger;
  readonly security: string;
  readonly values: ContextValues;
}

/** Made apart from the request, which a stream would otherwise hold until its end. */
const ending =
  ({ name, startMs, attributes, span, log, security, values }: Begun) =>
  (error?: ConnectError): void => {
    const durationMs = performance.now() - startMs;
    const code = codeName(error?.code);
    const peer = values.get(peerKey);
    const caller = { 'kreki.caller': peer ?? '', 'kreki.security': security };
    durations.record(durationMs / 1_000, { ...attributes, ...caller, 'rpc.response.status_code': code });
    if (error && FAULTS.has(error.code)) span.setStatus({ code: SpanStatusCode.ERROR, message: error.rawMessage });
    span.setAttributes({ ...caller, 'rpc.response.status_code': code });
    span.end();
    const { kind } = values.get(callerKey);
    const reason = reasonOf(error) || undefined;
    if (error?.code === Code.PermissionDenied)
      denials.add(1, { 'kreki.caller': peer ?? '', 'rpc.method': name, reason: reason ?? '' });
    log.debug({ rpc: name, code, reason, durationMs, caller: kind, peer }, 'call');
  };

interface Observed {
  readonly name: string;
  readonly span: Span;
  readonly log: Logger;
  readonly active: Context;
  readonly finish: (error?: ConnectError) => void;
}

const same = <T>(message: T): T => message;

function observed(messages: StreamResponse['message'], call: Observed): StreamResponse['message'] {
  // What asks for a message is in the call's trace, in one context for all of them.
  const within = context.with(call.active, () => new AsyncResource('stream'));
  return passed(messages, {
    ask: (next) => within.runInAsyncScope(next),
    message: same,
    failed: (thrown) => presentable(thrown, call),
    ended: (failure) => call.finish(failure?.error as ConnectError | undefined),
  });
}

function presentable(raw: unknown, { name, span, log }: Pick<Observed, 'name' | 'span' | 'log'>): ConnectError {
  // What Prisma throws has not been through the runtime's own statements.
  const thrown = databaseError(raw);
  if (thrown instanceof ConnectError && !FAULTS.has(thrown.code)) {
    if (thrown.code === Code.Unavailable) log.warn({ rpc: name, err: thrown.cause ?? thrown }, 'unavailable');
    return thrown;
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new ConnectError('the call was cut short', Code.Canceled, undefined, undefined, thrown);
  }
  const traceId = span.spanContext().traceId;
  context.with(trace.setSpan(context.active(), span), () =>
    log.error({ rpc: name, err: thrown }, 'unexpected failure'),
  );
  return fail(Code.Internal, 'INTERNAL', `something went wrong here; trace ${traceId}`, { trace_id: traceId }, thrown);
}
