import { base64Decode } from '@bufbuild/protobuf/wire';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { concise, fail } from '@kreki/runtime/errors';
import { unreadable } from '../edge/errors.ts';

/**
 * What the Connect library throws at bytes that it cannot read says `internal`, as if the fault were here. A handler aborts its context with
 * an error before it writes it: in that instant such an error becomes INVALID_ARGUMENT with reason `UNREADABLE`; or the refusal of whoever
 * may not call at all, whatever they send. None is longer than gRPC's trailers may be.
 */
export function blameSender(context: HandlerContext, refusal: () => ConnectError | undefined): void {
  const handled = context as HandlerContext & { abort(reason?: unknown): void };
  const { abort } = handled;
  handled.abort = (reason) => {
    if (reason instanceof ConnectError) {
      const told = refusal() ?? unreadable(reason);
      Object.assign(reason, { code: told.code, ...concise(told) });
    }
    abort(reason);
  };
}

/** A call by GET carries its message in the query, where the library takes whatever it is told is base64 for that. */
export function requireReadableQuery({ requestMethod, url }: HandlerContext): void {
  if (requestMethod !== 'GET') return;
  const query = new URL(url).searchParams;
  if (query.get('base64') !== '1') return;
  try {
    base64Decode(query.get('message') ?? '');
  } catch (error) {
    throw fail(Code.InvalidArgument, 'UNREADABLE', 'the message is not in base64', {}, error);
  }
}
