import { setTimeout as sleep } from 'node:timers/promises';

/** What the simulators say that a phone received. */
export interface Received {
  readonly channel: 'push' | 'whatsapp' | 'email';
  readonly receivedAt: string;
  readonly deliveries: number;
  readonly title?: string;
  readonly body?: string;
  readonly data?: Readonly<Record<string, string>>;
}

const POLL_MS = 25;

/** A simulated phone, as its owner sees it. */
export function phone(simulatorsUrl: string, number: string) {
  const messages = async (sinceMs: number): Promise<Received[]> => {
    const query = new URLSearchParams({ to: number, since: String(sinceMs) });
    const answer = await fetch(`${simulatorsUrl}/messages?${query}`);
    if (!answer.ok) throw new Error(`the simulators answer ${answer.status}`);
    const { messages }: { messages: Received[] } = JSON.parse(await answer.text());
    return messages;
  };
  return {
    number,
    messages,
    /** The first message over a channel since a time (Unix milliseconds), once it is there. */
    async first(channel: Received['channel'], sinceMs: number, patienceMs: number): Promise<Received> {
      const deadline = Date.now() + patienceMs;
      while (Date.now() < deadline) {
        const found = (await messages(sinceMs)).find((message) => message.channel === channel);
        if (found) return found;
        await sleep(POLL_MS);
      }
      throw new Error(`no ${channel} message reached ${number} within ${patienceMs} ms`);
    },
  };
}
