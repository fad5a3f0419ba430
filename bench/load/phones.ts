import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '../../mesh/simulators/inbox/message.ts';
import { InboxReader } from '../../mesh/simulators/inbox-reader.ts';

/** What the phones received of one emergency's offers. */
export interface Alerts {
  /** Unix milliseconds of each first arrival, by phone. */
  readonly push: Map<string, number>;
  readonly whatsapp: Map<string, number>;
}

const POLL_MS = 200;

/** Reads along with all simulated phones, and keeps offers by emergency. */
export class Phones {
  readonly alerts = new Map<string, Alerts>();
  readonly #url: string;
  readonly #reader: InboxReader;

  constructor(url: string) {
    this.#url = url;
    this.#reader = new InboxReader(url, (message) => this.#note(message));
  }

  start(): void {
    this.#reader.start();
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  /** Whether an emergency's offers reached at least one phone over both channels, waiting for it. */
  async reached(emergencyId: string, withinMs: number): Promise<boolean> {
    const deadline = Date.now() + withinMs;
    while (Date.now() < deadline) {
      const alerts = this.alerts.get(emergencyId);
      if (alerts && alerts.push.size > 0 && alerts.whatsapp.size > 0) return true;
      await sleep(POLL_MS);
    }
    return false;
  }

  /** Answers an emergency's WhatsApp offer on a phone, by its button. */
  async accept(phone: string): Promise<void> {
    const body = JSON.stringify({ decision: 'accept' });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${this.#url}/phones/${encodeURIComponent(phone)}/answer`, { method: 'POST', headers, body });
  }

  /** Messages that arrived more than once since a time, and how many arrived. */
  async summary(sinceMs: number): Promise<{ total: number; duplicates: { channel: string }[] }> {
    const answer = await fetch(`${this.#url}/messages/summary?since=${sinceMs}`);
    return JSON.parse(await answer.text());
  }

  #note(message: Message): void {
    const emergencyId = offeredEmergency(message);
    if (!emergencyId || message.channel === 'email') return;
    const alerts = this.alerts.get(emergencyId) ?? { push: new Map(), whatsapp: new Map() };
    this.alerts.set(emergencyId, alerts);
    const phone = message.phone ?? message.to;
    const arrivals = alerts[message.channel];
    if (!arrivals.has(phone)) arrivals.set(phone, Date.parse(message.receivedAt));
  }
}

function offeredEmergency(message: Message): string | undefined {
  if (message.channel === 'push') {
    return message.data.type === 'emergency_offer' ? String(message.data.emergency_id) : undefined;
  }
  const payload = message.buttons?.[0]?.payload;
  return payload?.startsWith('accept:') ? payload.slice('accept:'.length) : undefined;
}
