import { createHmac } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type Ledger, noLedger } from '../ledger/ledger.ts';

const BATCH_MS = 50;
const BATCH_EVENTS = 100;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 120_000;
const TIMEOUT_MS = 10_000;
const MAX_QUEUED_BYTES = 64_000_000;
const MAX_SOCKETS = 8;

/** One thing the edge is told: a status of a message we sent, or a message of a person. */
export type WebhookEvent =
  | { readonly status: Record<string, unknown> }
  | { readonly message: Record<string, unknown>; readonly waId: string };

interface Envelope {
  readonly url: string;
  readonly appSecret: string;
  readonly phoneNumberId: string;
  readonly displayPhoneNumber: string;
}

interface Delivery {
  readonly body: Buffer;
  /** Of the events in it. */
  readonly ids: readonly number[];
  attempts: number;
}

/**
 * Signed webhooks to the edge, several events in one body. A body that is not answered with 200 is sent again after 500 ms,
 * doubling up to two minutes, until it is, as Meta does; the oldest is dropped when 64 MB are waiting.
 */
export class WebhookQueue {
  readonly #envelope: Envelope;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #waiting = new Map<Delivery, NodeJS.Timeout | undefined>();
  readonly #ledger: Ledger;
  #events: { readonly id: number; readonly event: WebhookEvent }[] = [];
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;
  #stopped = false;
  readonly counts = { delivered: 0, failedAttempts: 0, dropped: 0 };

  constructor(envelope: Envelope, ledger = noLedger) {
    this.#envelope = envelope;
    this.#ledger = ledger;
    const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
    this.#agent = envelope.url.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
  }

  push(event: WebhookEvent): void {
    if (this.#stopped) return;
    const id = ++this.#lastId;
    this.#ledger.add({ event, id });
    this.#queue(id, event);
  }

  /** Tells what was still to be told when the process ended. @param lastId The highest id that was ever given. */
  restore(events: ReadonlyMap<number, WebhookEvent>, lastId: number): void {
    this.#lastId = lastId;
    for (const [id, event] of events) this.#queue(id, event);
  }

  #queue(id: number, event: WebhookEvent): void {
    this.#events.push({ id, event });
    if (this.#events.length >= BATCH_EVENTS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  get queued(): number {
    return this.#waiting.size;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#agent.destroy();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#events;
    this.#events = [];
    const body = Buffer.from(JSON.stringify(this.#wrap(events.map(({ event }) => event))));
    const delivery = { body, ids: events.map(({ id }) => id), attempts: 0 };
    this.#waiting.set(delivery, undefined);
    this.#bytes += delivery.body.length;
    for (const oldest of this.#waiting.keys()) {
      if (this.#bytes <= MAX_QUEUED_BYTES) break;
      this.counts.dropped += 1;
      this.#forget(oldest);
    }
    this.#attempt(delivery);
  }

  #forget(delivery: Delivery): void {
    clearTimeout(this.#waiting.get(delivery));
    if (this.#waiting.delete(delivery)) this.#bytes -= delivery.body.length;
  }

  #attempt(delivery: Delivery): void {
    const { url, appSecret } = this.#envelope;
    const signature = createHmac('sha256', appSecret).update(delivery.body).digest('hex');
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: this.#agent,
      timeout: TIMEOUT_MS,
      headers: {
        'content-type': 'application/json',
        'content-length': delivery.body.length,
        'user-agent': 'facebookexternalua',
        'x-hub-signature-256': `sha256=${signature}`,
      },
    });
    request.on('timeout', () => request.destroy(new Error('the edge did not answer in time')));
    request.on('error', () => this.#retry(delivery));
    request.on('response', (response) => {
      response.resume();
      if (response.statusCode !== 200) {
        this.#retry(delivery);
        return;
      }
      this.counts.delivered += 1;
      this.#ledger.add({ told: delivery.ids });
      this.#forget(delivery);
    });
    request.end(delivery.body);
  }

  #retry(delivery: Delivery): void {
    // A request may fail twice, and a dropped one needs no further try.
    if (this.#stopped || !this.#waiting.has(delivery) || this.#waiting.get(delivery)) return;
    this.counts.failedAttempts += 1;
    const wait = Math.min(FIRST_RETRY_MS * 2 ** delivery.attempts++, LONGEST_RETRY_MS);
    const timer = setTimeout(() => {
      this.#waiting.set(delivery, undefined);
      this.#attempt(delivery);
    }, wait);
    this.#waiting.set(delivery, timer);
  }

  #wrap(events: readonly WebhookEvent[]): unknown {
    const { phoneNumberId, displayPhoneNumber } = this.#envelope;
    const metadata = { display_phone_number: displayPhoneNumber, phone_number_id: phoneNumberId };
    const head = { messaging_product: 'whatsapp', metadata };
    const statuses = events.flatMap((event) => ('status' in event ? [event.status] : []));
    const changes: unknown[] = statuses.length > 0 ? [{ field: 'messages', value: { ...head, statuses } }] : [];
    // Meta names the sender beside the message, so each message is a change of its own.
    for (const event of events) {
      if (!('message' in event)) continue;
      const contacts = [{ profile: { name: 'Relawan' }, wa_id: event.waId }];
      changes.push({ field: 'messages', value: { ...head, contacts, messages: [event.message] } });
    }
    return { object: 'whatsapp_business_account', entry: [{ id: '102290129340398', changes }] };
  }
}
