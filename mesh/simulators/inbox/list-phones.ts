import type { ServerResponse } from 'node:http';
import { sendJson } from '../http/exchange.ts';
import type { Inbox } from './inbox.ts';
import type { Channel } from './message.ts';

interface PhoneLine {
  readonly to: string;
  readonly channels: Channel[];
  readonly lastAt: string;
  readonly title: string;
  readonly body: string;
}

/** GET /phones?q=&limit= : phones and mailboxes, the one that received last first. */
export function listPhones(inbox: Inbox, query: URLSearchParams, response: ServerResponse): void {
  const limit = Math.min(Math.max(Number(query.get('limit')) || 200, 1), 500);
  const wanted = (query.get('q') ?? '').trim().toLowerCase();
  const phones = new Map<string, PhoneLine>();
  for (const message of inbox.newestFirst()) {
    const to = message.phone ?? message.to;
    if (wanted && !to.toLowerCase().includes(wanted)) continue;
    const line = phones.get(to);
    if (line) {
      if (!line.channels.includes(message.channel)) line.channels.push(message.channel);
      continue;
    }
    if (phones.size === limit) break;
    const lastAt = message.deliveredAt.at(-1) ?? message.receivedAt;
    phones.set(to, { to, channels: [message.channel], lastAt, title: message.title, body: message.body });
  }
  sendJson(response, 200, { phones: [...phones.values()] });
}
