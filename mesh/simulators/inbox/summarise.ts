import type { ServerResponse } from 'node:http';
import { sendJson, sendProblem } from '../http/exchange.ts';
import type { Inbox } from './inbox.ts';
import { parseSince } from './list-messages.ts';
import type { Channel, Message } from './message.ts';

const MAX_DUPLICATES = 1_000;

/** GET /messages/summary?since= : what auditors ask, how many arrived by channel and which arrived more than once. */
export function summarise(inbox: Inbox, query: URLSearchParams, response: ServerResponse): void {
  const cursor = parseSince(query.get('since'));
  if (cursor === undefined) {
    sendProblem(response, 400, 'INVALID_SINCE', 'since must be RFC 3339 or milliseconds since the epoch');
    return;
  }
  const counts: Record<Channel, number> = { push: 0, whatsapp: 0, email: 0 };
  const duplicates: Partial<Message>[] = [];
  let total = 0;
  let duplicateCount = 0;
  let maxDeliveries = 0;
  for (const message of inbox.since(cursor)) {
    total += 1;
    counts[message.channel] += 1;
    maxDeliveries = Math.max(maxDeliveries, message.deliveries);
    if (message.deliveries < 2) continue;
    duplicateCount += 1;
    if (duplicates.length < MAX_DUPLICATES) {
      const { id, channel, to, title, deliveries, deliveredAt } = message;
      duplicates.push({ id, channel, to, title, deliveries, deliveredAt });
    }
  }
  sendJson(response, 200, { total, counts, maxDeliveries, duplicateCount, duplicates });
}
