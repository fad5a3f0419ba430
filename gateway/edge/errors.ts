import { fromBinary, type Registry as TypeRegistry } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { fail, reasonOf, retryAfterMsOf, retryInfo } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';

/** For a service that is not available and does not say for how long. */
const RETRY_SOON_MS = 1_000;

export interface Showing {
  readonly types: TypeRegistry;
  readonly traceId: string;
  readonly log: Logger;
}

/** Turns whatever was thrown into an error that may leave the mesh: nothing of causes and addresses inside shows. */
export function presentable(thrown: unknown, showing: Showing): ConnectError {
  const error = thrown instanceof ConnectError ? explained(thrown, showing) : unexpected(thrown, showing);
  return withRetryAfter(error);
}

/** Says when to call again in every way that callers look for: `google.rpc.RetryInfo`, and the header or trailer `retry-after` in seconds. */
function withRetryAfter(error: ConnectError): ConnectError {
  const told = retryAfterMsOf(error);
  const delayMs = told ?? (error.code === Code.Unavailable ? RETRY_SOON_MS : undefined);
  if (delayMs === undefined) return error;
  if (told === undefined) error.details.push(retryInfo(delayMs));
  error.metadata.set('retry-after', String(Math.max(1, Math.ceil(delayMs / 1_000))));
  return error;
}

/** What is told of something that nobody expected where it was thrown. */
export const orInternal = (thrown: unknown): ConnectError =>
  thrown instanceof ConnectError ? thrown : fail(Code.Internal, 'INTERNAL', 'something went wrong here', {}, thrown);

/** The error of a request that cannot be read; any other as it is. Every `internal` of the mesh's own has a reason. */
export function unreadable<T>(error: T): T | ConnectError {
  if (!(error instanceof ConnectError) || error.code !== Code.Internal || reasonOf(error) !== '') return error;
  if (error.rawMessage.startsWith('serialize ')) return error;
  return fail(Code.InvalidArgument, 'UNREADABLE', error.rawMessage, {}, error);
}

/** The same error with its details decoded, so that JSON shows what they say; one that nobody explained gets a reason. */
function explained(error: ConnectError, showing: Showing): ConnectError {
  const details = error.details.map((detail) => ('desc' in detail ? detail : decoded(detail, showing.types)));
  const shown = new ConnectError(error.rawMessage, error.code, undefined, undefined, error.cause);
  shown.details = details;
  if (details.length > 0) return shown;
  switch (error.code) {
    case Code.Unavailable:
      return fail(Code.Unavailable, 'UPSTREAM_UNAVAILABLE', 'not available now; try again shortly', {}, error);
    case Code.DeadlineExceeded:
      return fail(Code.DeadlineExceeded, 'DEADLINE_EXCEEDED', 'no answer within the time allowed', {}, error);
    case Code.Canceled:
      return fail(Code.Canceled, 'CANCELED', 'the call was cut short', {}, error);
    case Code.Internal:
    case Code.Unknown:
    case Code.DataLoss:
      return unexpected(error, showing);
    default:
      return shown;
  }
}

function decoded(detail: ConnectError['details'][number], types: TypeRegistry): ConnectError['details'][number] {
  if ('desc' in detail) return detail;
  const desc = types.getMessage(detail.type);
  if (!desc) return detail;
  try {
    return { desc, value: fromBinary(desc, detail.value) };
  } catch {
    return detail;
  }
}

function unexpected(thrown: unknown, { traceId, log }: Showing): ConnectError {
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return fail(Code.Canceled, 'CANCELED', 'the call was cut short', {}, thrown);
  }
  log.error({ err: thrown, trace_id: traceId }, 'unexpected failure');
  const message = `something went wrong here; trace ${traceId}`;
  return fail(Code.Internal, 'INTERNAL', message, { trace_id: traceId }, thrown);
}
