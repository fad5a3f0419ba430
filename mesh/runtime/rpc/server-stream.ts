import { create, type DescMessage, isMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type * as grpc from '@grpc/grpc-js';
import { abortError, CALLER_LEFT } from './deadline.ts';
import type { OnTheWay } from './passed.ts';

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

/** The one message of a request. Throws UNIMPLEMENTED when there is another number of them. */
export async function only(messages: AsyncIterable<Message>): Promise<Message> {
  let found: Message | undefined;
  for await (const message of messages) {
    if (found) throw new ConnectError('the request has more than one message', Code.Unimplemented);
    found = message;
  }
  if (!found) throw new ConnectError('the request has no message', Code.Unimplemented);
  return found;
}

/** What a handler yields, as messages. */
export const madeInto = (desc: DescMessage): OnTheWay<MessageInitShape<DescMessage>, Message> => ({
  message: (yielded) => (isMessage(yielded, desc) ? yielded : create(desc, yielded)),
});

/**
 * Writes messages no faster than the caller takes them, until they end or the signal aborts: one listener and one promise for the whole stream.
 * What gives them is begun in any case, so that it notices its end.
 */
export const sendAll = (call: Call, opening: Promise<AsyncIterator<Message>>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const sender = new Sender(call, signal, resolve, reject);
    opening.then((messages) => sender.begin(messages), reject);
  });

class Sender {
  readonly #call: Call;
  readonly #signal: AbortSignal;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  #messages: AsyncIterator<Message> | undefined;

  constructor(call: Call, signal: AbortSignal, resolve: () => void, reject: (error: unknown) => void) {
    this.#call = call;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    if (signal.aborted) this.handleEvent();
    else signal.addEventListener('abort', this, { once: true });
  }

  begin(messages: AsyncIterator<Message>): void {
    this.#messages = messages;
    this.#step();
    if (this.#signal.aborted) leave(messages);
  }

  /** The signal aborts. */
  handleEvent(): void {
    this.#reject(abortError(this.#signal));
    if (this.#messages) leave(this.#messages);
  }

  #step(): void {
    this.#messages?.next().then(this.#write, this.#fail);
  }

  readonly #write = ({ done, value }: IteratorResult<Message>): void => {
    if (this.#signal.aborted) return;
    if (done) {
      this.#signal.removeEventListener('abort', this);
      this.#resolve();
    } else if (this.#call.write(value)) this.#step();
    else this.#call.once('drain', () => this.#step());
  };

  readonly #fail = (error: unknown): void => {
    this.#signal.removeEventListener('abort', this);
    this.#reject(error);
  };
}

const leave = (messages: AsyncIterator<Message>) => void messages.return?.().catch(() => undefined);
