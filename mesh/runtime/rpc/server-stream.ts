import { once } from 'node:events';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type * as grpc from '@grpc/grpc-js';
import { abortError, CALLER_LEFT, untilAborted } from './deadline.ts';

type Message = MessageShape<DescMessage>;
type Call = grpc.ServerDuplexStream<Message, Message>;

/** The request's messages: one for a server stream, as many as come otherwise. Ends with the reason when the signal aborts. */
export async function* incoming(call: Call, signal: AbortSignal): AsyncGenerator<Message> {
  if ('request' in call && call.request) {
    yield call.request as Message;
    return;
  }
  // Read by hand: what has arrived already costs no promise, and the signal one listener for the whole stream.
  const said: { ended?: true; error?: Error } = {};
  let wake = () => {};
  const onReadable = () => wake();
  const onEnd = () => {
    said.ended = true;
    wake();
  };
  const onError = (error: Error) => {
    said.error = error;
    wake();
  };
  // Closed before its end: the caller left in the middle.
  const onClose = () => {
    if (!said.ended) said.error ??= CALLER_LEFT;
    wake();
  };
  const onAbort = () => wake();
  call.on('readable', onReadable).on('end', onEnd).on('close', onClose).on('error', onError);
  signal.addEventListener('abort', onAbort);
  try {
    while (true) {
      if (signal.aborted) throw abortError(signal);
      const message: Message | null = call.read();
      if (message !== null) yield message;
      else if (said.error) throw said.error;
      else if (said.ended) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    call.off('readable', onReadable).off('end', onEnd).off('close', onClose).off('error', onError);
  }
}

/** Writes messages no faster than the caller takes them, until they end or the signal aborts. */
export async function sendAll(call: Call, messages: AsyncIterator<Message>, signal: AbortSignal): Promise<void> {
  try {
    while (true) {
      const next = await untilAborted(signal, messages.next());
      if (next.done) return;
      if (!call.write(next.value)) await untilAborted(signal, once(call, 'drain'));
    }
  } finally {
    if (signal.aborted) void Promise.resolve(messages.return?.()).catch(() => abortError(signal));
  }
}
