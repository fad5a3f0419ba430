import type { Message } from '../../simulators/inbox/message.ts';
import { InboxReader } from '../../simulators/inbox-reader.ts';

/** An alert on a volunteer's phone. */
export interface Alert {
  readonly emergencyId: string;
  /** E.164. */
  readonly phone: string;
  readonly channel: 'push' | 'whatsapp';
  readonly messageId: string;
}

/** All simulated phones: what is on them, and the hands that tap. */
export class Phones {
  readonly messages = new Map<string, Message>();
  readonly #url: string;
  readonly #reader: InboxReader;

  constructor(url: string, onAlert: (alert: Alert) => void) {
    this.#url = url;
    this.#reader = new InboxReader(
      url,
      (message) => {
        const first = !this.messages.has(message.id);
        this.messages.set(message.id, message);
        const alert = first ? alertOf(message) : undefined;
        if (alert) onAlert(alert);
      },
      0,
    );
  }

  start(): void {
    this.#reader.start();
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  catchUp(): Promise<void> {
    return this.#reader.catchUp();
  }

  /** Taps a button of a WhatsApp message. @throws Error when the tap did not reach WhatsApp */
  async tap({ phone, messageId }: Alert, decision: 'accept' | 'decline'): Promise<void> {
    const answer = await fetch(`${this.#url}/phones/${encodeURIComponent(phone)}/answer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ decision, messageId }),
      signal: AbortSignal.timeout(3_000),
    });
    if (answer.status !== 202) throw new Error(`the tap was answered with ${answer.status}`);
  }
}

function alertOf({ id, channel, to, phone = to, data, buttons }: Message): Alert | undefined {
  if (channel === 'push') {
    if (data.type !== 'emergency_offer') return undefined;
    return { emergencyId: String(data.emergency_id), phone, channel, messageId: id };
  }
  const payload = buttons?.[0]?.payload;
  if (channel !== 'whatsapp' || !payload?.startsWith('accept:')) return undefined;
  return { emergencyId: payload.slice('accept:'.length), phone, channel, messageId: id };
}
