import { randomBytes } from 'node:crypto';
import type { Inbox } from '../inbox/inbox.ts';
import type { Decision, Message } from '../inbox/message.ts';
import type { WebhookQueue } from './webhook-queue.ts';

const SESSION_MS = 24 * 3_600_000;
const MAX_SESSIONS = 100_000;

/** What people do on their phones: tap a button of an offer, or write. */
export class Replies {
  readonly #queue: WebhookQueue;
  readonly #inbox: Inbox;
  readonly #businessNumber: string;
  readonly #wroteAt = new Map<string, number>();

  constructor(queue: WebhookQueue, inbox: Inbox, businessNumber: string) {
    this.#queue = queue;
    this.#inbox = inbox;
    this.#businessNumber = businessNumber;
  }

  /** Whether this phone wrote within 24 hours, so that free text may go to it. */
  inSession(phone: string): boolean {
    return Date.now() - (this.#wroteAt.get(phone) ?? 0) < SESSION_MS;
  }

  /** The message with buttons that a person would answer: the one named, or the latest on the phone. */
  offerOn(phone: string, messageId?: string): Message | undefined {
    const offers = this.#inbox.of(phone).filter((one) => one.channel === 'whatsapp' && (one.buttons?.length ?? 0) > 1);
    return messageId === undefined ? offers.at(-1) : offers.find((one) => one.id === messageId);
  }

  /** Taps the offer's first button to accept, its second to decline. Returns the id of the reply. */
  answer(offer: Message, decision: Decision): string {
    const button = offer.buttons?.[decision === 'accept' ? 0 : 1];
    if (!button) throw new Error(`message ${offer.id} has no button to ${decision}`);
    offer.answer = decision;
    this.#inbox.changed(offer);
    // A template's buttons answer as `button`, an interactive message's as `interactive`.
    const content =
      'template' in offer.data
        ? { type: 'button', button: { payload: button.payload, text: button.text } }
        : {
            type: 'interactive',
            interactive: { type: 'button_reply', button_reply: { id: button.payload, title: button.text } },
          };
    return this.#send(offer.to, { context: { from: this.#businessNumber, id: offer.id }, ...content });
  }

  /** Writes free text. Returns the id of the message. */
  write(phone: string, text: string): string {
    return this.#send(phone, { type: 'text', text: { body: text } });
  }

  #send(phone: string, content: Record<string, unknown>): string {
    const waId = phone.slice(1);
    const id = `wamid.${randomBytes(24).toString('base64url')}`;
    const timestamp = String(Math.floor(Date.now() / 1_000));
    this.#wroteAt.delete(phone);
    this.#wroteAt.set(phone, Date.now());
    if (this.#wroteAt.size > MAX_SESSIONS) {
      for (const oldest of this.#wroteAt.keys()) {
        this.#wroteAt.delete(oldest);
        break;
      }
    }
    this.#queue.push({ waId, message: { from: waId, id, timestamp, ...content } });
    return id;
  }
}
