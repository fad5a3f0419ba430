import type { Fault } from '../control/faults.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Message } from '../inbox/message.ts';
import { statusError } from './errors.ts';
import type { WebhookQueue } from './webhook-queue.ts';

const SENT_MS = 20;
const DELIVERED_MS = 80;
const READ_MS = 400;

/** What the life of one outgoing message needs to be told about. */
export interface Outgoing {
  readonly message: Message;
  /** Digits only. */
  readonly waId: string;
  /** Echoed in every status. */
  readonly callbackData?: string;
}

/** Tells the edge how each WhatsApp message fares: sent, delivered, and read once its phone is open. */
export class Statuses {
  readonly #queue: WebhookQueue;
  readonly #inbox: Inbox;
  readonly #openPhones = new Set<string>();
  /** What an open phone would read, by phone. */
  readonly #unread = new Map<string, Outgoing[]>();
  #stopped = false;

  constructor(queue: WebhookQueue, inbox: Inbox) {
    this.#queue = queue;
    this.#inbox = inbox;
  }

  stop(): void {
    this.#stopped = true;
  }

  isOpen(phone: string): boolean {
    return this.#openPhones.has(phone);
  }

  /** An open phone reads what it has and what comes. */
  setOpen(phone: string, open: boolean): void {
    if (!open) {
      this.#openPhones.delete(phone);
      return;
    }
    this.#openPhones.add(phone);
    const unread = this.#unread.get(phone) ?? [];
    this.#unread.delete(phone);
    for (const outgoing of unread) this.#later(READ_MS, () => this.#tell(outgoing, 'read'));
  }

  /** @param fault `repeat` tells everything twice, `shuffle` the latest first, a code that it failed. */
  begin(outgoing: Outgoing, fault: Fault | undefined, failure?: number): void {
    if (failure !== undefined) {
      this.#later(DELIVERED_MS, () => this.#tell(outgoing, 'failed', failure));
      return;
    }
    const times = fault?.fault === 'repeat' ? 2 : 1;
    const [sent, delivered] = fault?.fault === 'shuffle' ? [DELIVERED_MS, SENT_MS] : [SENT_MS, DELIVERED_MS];
    for (let i = 0; i < times; i++) {
      this.#later(sent, () => this.#tell(outgoing, 'sent'));
      this.#later(delivered, () => this.#tell(outgoing, 'delivered'));
    }
    this.#later(DELIVERED_MS, () => this.#becomeReadable(outgoing));
  }

  #becomeReadable(outgoing: Outgoing): void {
    const phone = outgoing.message.to;
    if (this.#openPhones.has(phone)) {
      this.#later(READ_MS, () => this.#tell(outgoing, 'read'));
      return;
    }
    const unread = this.#unread.get(phone);
    if (!unread) this.#unread.set(phone, [outgoing]);
    else if (unread.push(outgoing) > 50) unread.shift();
    // Phones that nobody opens must not fill the memory.
    if (this.#unread.size > 100_000) {
      for (const oldest of this.#unread.keys()) {
        this.#unread.delete(oldest);
        break;
      }
    }
  }

  #tell({ message, waId, callbackData }: Outgoing, status: 'sent' | 'delivered' | 'read' | 'failed', code = 0): void {
    message.status = higher(message.status, status);
    // One that failed was never on the phone.
    if (message.deliveries > 0) this.#inbox.changed(message);
    this.#queue.push({
      status: {
        id: message.id,
        status,
        timestamp: String(Math.floor(Date.now() / 1_000)),
        recipient_id: waId,
        ...(callbackData !== undefined && { biz_opaque_callback_data: callbackData }),
        ...(status !== 'failed' && {
          pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'utility' },
        }),
        ...(status === 'failed' && { errors: [statusError(code)] }),
      },
    });
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      if (!this.#stopped) act();
    }, ms);
    timer.unref();
  }
}

const ranks = ['accepted', 'sent', 'delivered', 'read', 'failed'];

/** Statuses told out of order still leave the phone with the latest. */
function higher(one: string, other: string): string {
  return ranks.indexOf(other) > ranks.indexOf(one) ? other : one;
}
