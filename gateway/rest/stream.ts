import { once } from 'node:events';
import type { Registry as TypeRegistry } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import type { HttpResponse } from '../http/exchange.ts';
import type { Message } from '../registry.ts';
import { errorText } from './answer.ts';

/** How the messages of a stream are written one after another. */
interface Framing {
  readonly contentType: string;
  message(json: string): string;
  error(json: string): string;
  /** Written after the last message of a stream that ended well. */
  readonly end: string;
  /** Written while nothing happens, so that nobody in between takes the connection for dead. */
  readonly idle: string;
}

/** One JSON value a line; an error is the last line, `{"error": …}`. */
const NDJSON: Framing = {
  contentType: 'application/x-ndjson',
  message: (json) => `${json}\n`,
  error: (json) => `{"error":${json}}\n`,
  end: '',
  idle: '',
};

/** Server-sent events; `error` and `end` are events of their own, since an EventSource would otherwise connect again. */
const EVENTS: Framing = {
  contentType: 'text/event-stream',
  message: (json) => `data: ${json}\n\n`,
  error: (json) => `event: error\ndata: ${json}\n\n`,
  end: 'event: end\ndata: {}\n\n',
  idle: ':\n\n',
};

const IDLE_MS = 15_000;

export const framingFor = (accept: string | undefined): Framing =>
  accept?.includes(EVENTS.contentType) ? EVENTS : NDJSON;

/**
 * Sends messages as they come, no faster than the client takes them. An error before the first one is thrown, so that it can be answered
 * with its own status; a later one is written at the end.
 */
export async function sendStream(
  response: HttpResponse,
  messages: AsyncGenerator<Message>,
  framing: Framing,
  options: { write: (message: Message) => string; types: TypeRegistry; signal: AbortSignal },
): Promise<void> {
  let next = await messages.next();
  response.writeHead(200, { 'content-type': framing.contentType });
  const idle = framing.idle ? setInterval(() => send(response, framing.idle), IDLE_MS) : undefined;
  try {
    while (!next.done) {
      if (!send(response, framing.message(options.write(next.value)))) await drained(response, options.signal);
      next = await messages.next();
    }
    send(response, framing.end);
  } catch (thrown) {
    if (options.signal.aborted && response.destroyed) return;
    send(response, framing.error(errorText(ConnectError.from(thrown), options.types)));
  } finally {
    clearInterval(idle);
    await messages.return(undefined);
    response.end();
  }
}

const send = (response: HttpResponse, text: string): boolean => text === '' || response.write(text);

const drained = (response: HttpResponse, signal: AbortSignal) => once(response, 'drain', { signal });
