import { once } from 'node:events';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type * as grpc from '@grpc/grpc-js';
import { abortError, untilAborted } from './deadline.ts';

type Message = MessageShape<DescMessage>;
type Call = grpc.ServerDuplexStream<Message, Message>;

/** The request's messages: one for a server stream, as many as come otherwise. Ends with the reason when the signal aborts. */
export async function* incoming(call: Call, signal: AbortSignal): AsyncGenerator<Message> {
  if ('request' in call && call.request) {
    yield call.request as Message;
    return;
  }
  const messages = call[Symbol.asyncIterator]();
  while (true) {
    const next = await untilAborted(signal, messages.next());
    if (next.done) return;
    yield next.value;
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
