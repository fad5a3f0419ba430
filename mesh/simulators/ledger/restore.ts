import type { Inbox } from '../inbox/inbox.ts';
import type { Statuses } from '../whatsapp/statuses.ts';
import type { WebhookEvent, WebhookQueue } from '../whatsapp/webhook-queue.ts';
import type { Entry } from './ledger.ts';

interface Parts {
  readonly inbox: Inbox;
  readonly webhooks: WebhookQueue;
  readonly statuses: Statuses;
}

/** Puts back what a ledger holds, tells the edge what it has not taken yet, and what it was never told of messages that arrived. */
export function restore(entries: readonly Entry[], { inbox, webhooks, statuses }: Parts): void {
  const events = new Map<number, WebhookEvent>();
  const delivered = new Set<string>();
  let lastId = 0;
  for (const entry of entries) {
    if ('id' in entry) lastId = Math.max(lastId, entry.id);
    if ('arrived' in entry) inbox.restore(entry.arrived, entry.atMs);
    else if ('told' in entry) for (const id of entry.told) events.delete(id);
    else {
      events.set(entry.id, entry.event);
      if ('status' in entry.event && entry.event.status.status !== 'sent') delivered.add(String(entry.event.status.id));
    }
  }
  webhooks.restore(events, lastId);
  for (const message of inbox.since(0)) {
    if (message.channel !== 'whatsapp' || delivered.has(message.id)) continue;
    const { callbackData } = message.data;
    const waId = message.to.slice(1);
    statuses.begin({ message, waId, ...(typeof callbackData === 'string' && { callbackData }) }, undefined);
  }
}
