import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from './inbox/message.ts';

const POLL_MS = 200;
const PAGE = 1_000;

/** Reads along with everything that phones and mailboxes receive; goes on after the simulators were away. */
export class InboxReader {
  readonly #url: string;
  readonly #onMessage: (message: Message) => void;
  #since: string;
  #stopped = false;
  #reading: Promise<void> | undefined;

  /** @param onMessage Told of each arrival; of a message that arrives again, or takes the place of another, once more. */
  constructor(url: string, onMessage: (message: Message) => void, sinceMs = Date.now()) {
    this.#url = url;
    this.#onMessage = onMessage;
    this.#since = String(sinceMs);
  }

  start(): void {
    this.#reading = this.#read();
  }

  /** Resolves when everything that has arrived is read. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
    await this.catchUp();
  }

  /** Reads what has arrived since. */
  async catchUp(): Promise<void> {
    while (await this.#page());
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      const more = await this.#page().catch(() => false);
      if (!more) await sleep(POLL_MS);
    }
  }

  /** @returns whether there may be more */
  async #page(): Promise<boolean> {
    const answer = await fetch(`${this.#url}/messages?since=${encodeURIComponent(this.#since)}&limit=${PAGE}`);
    const { messages, nextSince }: { messages: Message[]; nextSince: string } = JSON.parse(await answer.text());
    this.#since = nextSince;
    for (const message of messages) this.#onMessage(message);
    return messages.length === PAGE;
  }
}
