import { canonicalRecipient } from '../inbox/recipient.ts';

export const providers = ['fcm', 'whatsapp', 'smtp'] as const;
export type Provider = (typeof providers)[number];

/**
 * Faults every provider understands. `reset` cuts the connection; `repeat` and `shuffle` send each status webhook twice, or
 * the latest first (WhatsApp only).
 */
export const faultNames = [
  'unregistered',
  'quota',
  'unavailable',
  'internal',
  'mismatch',
  'slow',
  'reset',
  'repeat',
  'shuffle',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface Fault {
  readonly provider: Provider;
  /** Push token, phone or address; every recipient when absent. */
  readonly target?: string;
  /** A name, or the provider's own code: 131026 for WhatsApp, an HTTP status for FCM, a reply code for SMTP. */
  readonly fault: FaultName | number;
  /** Uses left; without end when absent. */
  times?: number;
  /** For `slow`, how long; for `unavailable`, what Retry-After says. Milliseconds. */
  readonly delayMs?: number;
  /** `webhook`: WhatsApp accepts the message and reports the code later, in a `failed` status. */
  readonly via?: 'answer' | 'webhook';
  used: number;
}

/** What somebody asked the providers to get wrong. */
export class Faults {
  #all: Fault[] = [];

  list(): readonly Fault[] {
    return this.#all;
  }

  add(fault: Omit<Fault, 'used'>): Fault {
    const added: Fault = { ...fault, used: 0 };
    if (fault.target !== undefined) Object.assign(added, { target: canonicalRecipient(fault.target) });
    this.#all.push(added);
    return added;
  }

  clear(provider?: string, target?: string): void {
    const recipient = target === undefined ? undefined : canonicalRecipient(target);
    this.#all = this.#all.filter(
      (fault) =>
        (provider !== undefined && fault.provider !== provider) ||
        (recipient !== undefined && fault.target !== recipient),
    );
  }

  /** Takes one use of the first fault that applies; one for this recipient goes before one for all. */
  take(provider: Provider, target: string): Fault | undefined {
    if (this.#all.length === 0) return undefined;
    const fault =
      this.#all.find((one) => one.provider === provider && one.target === target) ??
      this.#all.find((one) => one.provider === provider && one.target === undefined);
    if (!fault) return undefined;
    fault.used += 1;
    if (fault.times !== undefined && --fault.times <= 0) this.#all = this.#all.filter((one) => one !== fault);
    return fault;
  }
}
