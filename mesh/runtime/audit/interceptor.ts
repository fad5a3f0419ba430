import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { Audit } from '@kreki/gen/kreki/options/v1/options_pb.js';
import type { Caller } from '../caller.ts';
import type { Database } from '../database/database.ts';
import { databaseError } from '../database/errors.ts';
import { reasonOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { withMessages } from '../rpc/passed.ts';
import { rulesOf } from '../rpc/rules.ts';
import { AuditedCall, auditedKey } from './audited.ts';
import { notRecorded } from './entries.ts';
import { FailureLimit } from './failures.ts';
import { AuditWriter } from './writer.ts';

/** Codes that say that nothing was read or changed, and that nobody tried what they may not. */
const NOTHING_HAPPENED: ReadonlySet<Code> = new Set([
  Code.Unauthenticated,
  Code.InvalidArgument,
  Code.Unavailable,
  Code.ResourceExhausted,
  Code.DeadlineExceeded,
  Code.Canceled,
]);

type Messages = AsyncIterable<MessageShape<DescMessage>>;

/**
 * Puts calls on record where the contract says so, before their answer goes out: one that cannot be put on record is not answered. It
 * stands outside of `callers` and `access`, since refusals go on record too, and inside of `telemetry`, whose trace it notes.
 */
export function audit(database: Database, log: Logger): Interceptor {
  const failures = new FailureLimit();
  const writer = new AuditWriter(database);
  return (next) => async (request) => {
    const { method } = request;
    if (rulesOf(method).audit === Audit.UNSPECIFIED) return next(request);
    const omitted = () => failures.take(actorOf(call.caller), false) ?? 0;
    const call: AuditedCall = new AuditedCall(method, request.header, request.contextValues, omitted);
    request.contextValues.set(auditedKey, call);

    const answered = async (message?: MessageShape<DescMessage>) => {
      if (!call.counts || call.recorded) return;
      if (message) call.about(method.output, message);
      await writer.write(call.entry('OK', '', omitted()));
      call.settled();
    };
    const failed = async (thrown: unknown) => {
      const error = databaseError(thrown);
      const code = error instanceof ConnectError ? error.code : Code.Internal;
      if (NOTHING_HAPPENED.has(code) || isAbort(error)) return;
      if (!call.counts && !isRefusalOnRecord(call, code)) return;
      const before = failures.take(actorOf(call.caller), true);
      if (before === undefined) return;
      const entry = call.entry(outcomeOf(code), reasonOf(error), before);
      // The call has failed whether it is on record or not.
      await writer.write(entry).catch((err: unknown) => log.error({ err, ...entry }, 'not put on record'));
    };

    if (request.stream) {
      const message = noting(request.message, (first) => call.about(method.input, first));
      const response = await next({ ...request, message }).catch(async (error: unknown) => {
        await failed(error);
        throw error;
      });
      if (!response.stream) return response;
      return withMessages(response, recorded(response.message, answered, failed));
    }
    call.about(method.input, request.message);
    const response = await next(request).catch(async (thrown: unknown) => {
      const error = call.unrecorded !== undefined && thrown === call.unrecorded ? notRecorded(thrown) : thrown;
      await failed(error);
      throw error;
    });
    if (!response.stream) await answered(response.message);
    return response;
  };
}

/** Of RPCs that people also call for what is their own, what is refused was an attempt at what is not. */
const isRefusalOnRecord = (call: AuditedCall, code: Code): boolean =>
  code === Code.PermissionDenied && rulesOf(call.method).audit === Audit.PRIVILEGED && call.caller.kind === 'person';

/** A stream is on record once, before its first message goes out; what comes after that passes by. */
function recorded(
  messages: Messages,
  answered: (first?: MessageShape<DescMessage>) => Promise<void>,
  failed: (error: unknown) => Promise<void>,
): AsyncIterableIterator<MessageShape<DescMessage>> {
  const source = messages[Symbol.asyncIterator]();
  const leave = async (): Promise<IteratorResult<MessageShape<DescMessage>>> => {
    await source.return?.();
    return { done: true, value: undefined };
  };
  const begin = async () => {
    const first = await source.next().catch(async (error: unknown) => {
      await failed(error);
      throw error;
    });
    await answered(first.done ? undefined : first.value).catch(async (error: unknown) => {
      await leave();
      throw error;
    });
    return first;
  };
  let begun = false;
  return {
    next() {
      if (begun) return source.next();
      begun = true;
      return begin();
    },
    return: leave,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Shows the first message to somebody on its way. */
async function* noting(messages: Messages, note: (first: MessageShape<DescMessage>) => void): Messages {
  let first = true;
  for await (const message of messages) {
    if (first) note(message);
    first = false;
    yield message;
  }
}

const actorOf = (caller: Caller): string => {
  switch (caller.kind) {
    case 'person':
      return caller.userId;
    case 'service':
      return caller.name;
    case 'nobody':
      return '';
    default:
      return caller satisfies never;
  }
};

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** A code as gRPC writes it: `PERMISSION_DENIED`. */
const outcomeOf = (code: Code): string => (Code[code] ?? 'Unknown').replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase();
