import { Code, ConnectError } from '@connectrpc/connect';
import { reasonOf } from '@kreki/runtime/errors';
import type { Outcome } from './journal.ts';

/** What an error says of whether the request took effect, and the error in a few words. */
export function outcomeOf(thrown: unknown): { outcome: Exclude<Outcome, 'ok'>; error: string } {
  const failure = ConnectError.from(thrown);
  // Where there is no reason, there are words at least.
  const error = `${Code[failure.code]} ${reasonOf(failure) || failure.rawMessage}`.slice(0, 200).trim();
  return { outcome: isDefinite(failure.code) ? 'refused' : 'unknown', error };
}

/** Whether nothing can have happened, and nothing will by trying again. */
function isDefinite(code: Code): boolean {
  switch (code) {
    case Code.InvalidArgument:
    case Code.NotFound:
    case Code.AlreadyExists:
    case Code.PermissionDenied:
    case Code.FailedPrecondition:
    case Code.OutOfRange:
    case Code.Unimplemented:
    case Code.Unauthenticated:
      return true;
    case Code.Canceled:
    case Code.Unknown:
    case Code.DeadlineExceeded:
    case Code.ResourceExhausted:
    case Code.Aborted:
    case Code.Internal:
    case Code.Unavailable:
    case Code.DataLoss:
      return false;
    default:
      return code satisfies never;
  }
}
