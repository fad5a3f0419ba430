import { type Ledger, noLedger } from '../ledger/ledger.ts';
import type { Arrival, Message } from './message.ts';

const MAX_TIMES = 20;
/** Cursors step by less than a millisecond, so that any number of arrivals within one keep their order. */
const CURSOR_STEP = 0.001;

interface LogEntry {
  readonly cursor: number;
  readonly message: Message;
}

/**
 * Everything phones and mailboxes received, oldest first, bounded. A log of arrivals serves the unfiltered queries by binary
 * search on the cursor, an index by recipient the others; an entry whose message has since moved on is stale and skipped.
 */
export class Inbox {
  #log: LogEntry[] = [];
  #head = 0;
  #lastCursor = 0;
  readonly #byRecipient = new Map<string, Message[]>();
  readonly #byId = new Map<string, Message>();
  readonly #byKey = new Map<string, Message>();
  readonly #keys = new WeakMap<Message, string>();
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #keep: number;
  readonly #ledger: Ledger;

  constructor(keep = 200_000, ledger = noLedger) {
    this.#keep = keep;
    this.#ledger = ledger;
  }

  receive(arrival: Arrival): Message {
    const now = Date.now();
    this.#ledger.add({ arrived: arrival, atMs: now });
    return this.restore(arrival, now);
  }

  /** Puts in what arrived earlier. @param now When that was, Unix milliseconds. */
  restore(arrival: Arrival, now: number): Message {
    this.#lastCursor = Math.max(now, this.#lastCursor + CURSOR_STEP);
    const time = new Date(now).toISOString();
    const { key, replaces, ...shown } = arrival;
    const first = key === undefined ? undefined : this.#byKey.get(keyOf(arrival.to, key));
    let message: Message;
    if (first) {
      first.deliveries += 1;
      if (first.deliveredAt.length < MAX_TIMES) first.deliveredAt.push(time);
    }
    if (first && replaces) {
      Object.assign(first, { title: arrival.title, body: arrival.body, data: arrival.data, cursor: this.#lastCursor });
      this.#unindex(first);
      message = first;
    } else {
      message = { ...shown, receivedAt: time, deliveries: 1, deliveredAt: [time], cursor: this.#lastCursor };
      if (first) Object.assign(message, { duplicateOf: first.id });
      else if (key !== undefined) this.#byKey.set(keyOf(arrival.to, key), message);
      if (key !== undefined) this.#keys.set(message, key);
      this.#byId.set(message.id, message);
    }
    this.#index(message);
    this.#log.push({ cursor: message.cursor, message });
    this.#evict();
    this.changed(message);
    return message;
  }

  /** Tells those who watch that a message's status or answer changed. */
  changed(message: Message): void {
    for (const listener of this.#listeners) listener(message);
  }

  watch(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(id: string): Message | undefined {
    return this.#byId.get(id);
  }

  /** Oldest first, of one phone or mailbox. */
  of(recipient: string): readonly Message[] {
    return this.#byRecipient.get(recipient) ?? [];
  }

  /** Oldest first, from a cursor on. */
  *since(cursor: number): Generator<Message> {
    let low = this.#head;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as LogEntry).cursor < cursor) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < this.#log.length; i++) {
      const { cursor: at, message } = this.#log[i] as LogEntry;
      if (message.cursor === at) yield message;
    }
  }

  *newestFirst(): Generator<Message> {
    for (let i = this.#log.length - 1; i >= this.#head; i--) {
      const { cursor, message } = this.#log[i] as LogEntry;
      if (message.cursor === cursor) yield message;
    }
  }

  #index(message: Message): void {
    for (const recipient of recipientsOf(message)) {
      const list = this.#byRecipient.get(recipient);
      if (list) list.push(message);
      else this.#byRecipient.set(recipient, [message]);
    }
  }

  #unindex(message: Message): void {
    for (const recipient of recipientsOf(message)) {
      const list = this.#byRecipient.get(recipient) ?? [];
      const at = list.indexOf(message);
      if (at >= 0) list.splice(at, 1);
      if (list.length === 0) this.#byRecipient.delete(recipient);
    }
  }

  #evict(): void {
    while (this.#log.length - this.#head > this.#keep) {
      const { cursor, message } = this.#log[this.#head++] as LogEntry;
      if (message.cursor !== cursor) continue;
      this.#unindex(message);
      this.#byId.delete(message.id);
      const key = this.#keys.get(message);
      if (key !== undefined && this.#byKey.get(keyOf(message.to, key)) === message) {
        this.#byKey.delete(keyOf(message.to, key));
      }
    }
    // Cutting the array costs its length, so it waits until half of it is waste.
    if (this.#head > this.#keep) {
      this.#log = this.#log.slice(this.#head);
      this.#head = 0;
    }
  }
}

function keyOf(to: string, key: string): string {
  return `${to}\n${key}`;
}

function recipientsOf(message: Message): string[] {
  return message.phone ? [message.to, message.phone] : [message.to];
}
