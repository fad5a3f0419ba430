import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Inbox } from './inbox.ts';
import type { Message } from './message.ts';

const FLUSH_MS = 100;
const MAX_PER_FLUSH = 200;
const KEEP_ALIVE_MS = 15_000;

/** GET /events : server-sent events, each a JSON array of messages that arrived or changed. */
export class EventStream {
  readonly #clients = new Set<ServerResponse>();
  readonly #changed = new Set<Message>();
  readonly #unwatch: () => void;
  readonly #keepAlive: NodeJS.Timeout;
  #flush: NodeJS.Timeout | undefined;

  constructor(inbox: Inbox) {
    this.#unwatch = inbox.watch((message) => this.#note(message));
    this.#keepAlive = setInterval(() => this.#write(': alive\n\n'), KEEP_ALIVE_MS);
    this.#keepAlive.unref();
  }

  open(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
    this.#clients.add(response);
    request.on('close', () => this.#clients.delete(response));
  }

  stop(): void {
    this.#unwatch();
    clearInterval(this.#keepAlive);
    clearTimeout(this.#flush);
    for (const client of this.#clients) client.end();
  }

  /** Under load a page needs the newest few, ten times a second, not each of a thousand. */
  #note(message: Message): void {
    if (this.#clients.size === 0) return;
    this.#changed.delete(message);
    this.#changed.add(message);
    this.#flush ??= setTimeout(() => {
      const messages = [...this.#changed].slice(-MAX_PER_FLUSH);
      this.#changed.clear();
      this.#flush = undefined;
      this.#write(`data: ${JSON.stringify(messages)}\n\n`);
    }, FLUSH_MS);
  }

  #write(text: string): void {
    for (const client of this.#clients) {
      // A page that does not read would otherwise be buffered without end.
      if (client.writableLength < 4_000_000) client.write(text);
    }
  }
}
