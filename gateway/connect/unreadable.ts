import { base64Decode } from '@bufbuild/protobuf/wire';
import { Code, type HandlerContext } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import { unreadable } from '../edge/errors.ts';

/**
 * What the Connect library throws at bytes that it cannot read says `internal`, as if the fault were here. A handler aborts its context with
 * an error before it writes it: in that instant such an error becomes INVALID_ARGUMENT with reason `UNREADABLE`.
 */
export function blameSender({ signal }: HandlerContext): void {
  const mend = () => {
    const { reason } = signal;
    const mended = unreadable(reason);
    if (mended !== reason) Object.assign(reason, { code: mended.code, details: mended.details });
  };
  signal.addEventListener('abort', mend, { once: true });
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
