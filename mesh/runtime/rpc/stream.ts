import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type { ClientDuplexStream, StatusObject } from '@grpc/grpc-js';
import { toError, toHeaders } from './metadata.ts';

type Message = MessageShape<DescMessage>;

/**
 * Sends `input` over a call and yields what comes back, each side no faster than the other takes it. The call is cancelled when the signal
 * aborts or the reader stops early; that holds from now on, since a call that nobody comes to read must neither last nor end the process.
 */
export function streamMessages<O extends Message>(
  call: ClientDuplexStream<Message, O>,
  input: AsyncIterable<Message>,
  signal: AbortSignal,
  trailer: Headers,
): AsyncGenerator<O> {
  const ended = new Promise<StatusObject>((resolve) => call.once('status', resolve));
  call.on('error', () => undefined);
  const cancel = () => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  void ended.then(() => signal.removeEventListener('abort', cancel));
  return exchange(call, input, ended, trailer);
}

async function* exchange<O extends Message>(
  call: ClientDuplexStream<Message, O>,
  input: AsyncIterable<Message>,
  ended: Promise<StatusObject>,
  trailer: Headers,
): AsyncGenerator<O> {
  const sending = send(call, input);
  try {
    yield* received(call);
    const status = await ended;
    toHeaders(status.metadata).forEach((value, key) => void trailer.append(key, value));
    const error = toError(status);
    if (error) throw error;
    await sending;
  } finally {
    call.cancel();
  }
}

/** The messages until the stream ends in whatever way; its status says which. */
async function* received<O>(call: ClientDuplexStream<Message, O>): AsyncGenerator<O> {
  try {
    for await (const message of call) yield message;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
}

async function send(call: ClientDuplexStream<Message, unknown>, input: AsyncIterable<Message>): Promise<void> {
  try {
    for await (const message of input) {
      if (call.destroyed || call.writableEnded) return;
      if (!call.write(message)) await drained(call);
    }
    call.end();
  } catch (error) {
    call.destroy(error instanceof Error ? error : new ConnectError(String(error), Code.Canceled));
  }
}

/** Resolves when the call takes more, or never will again. */
function drained(call: ClientDuplexStream<Message, unknown>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done);
      call.off('close', done);
      resolve();
    };
    call.on('drain', done);
    call.on('close', done);
  });
}
