import type { ServerResponse } from 'node:http';
import { sendJson, sendProblem } from '../http/exchange.ts';
import type { Inbox } from './inbox.ts';
import type { Message } from './message.ts';
import { canonicalRecipient } from './recipient.ts';

const MAX_LIMIT = 1_000;

/**
 * GET /messages?to=&channel=&since=&limit=&pageToken= : oldest first. `since` (RFC 3339 or milliseconds) is inclusive;
 * `nextSince` passed back as `since` yields only what arrived later, `nextPageToken` is there while more is waiting.
 */
export function listMessages(inbox: Inbox, query: URLSearchParams, response: ServerResponse): void {
  const limit = Number(query.get('limit') ?? MAX_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    sendProblem(response, 400, 'INVALID_LIMIT', `limit must be between 1 and ${MAX_LIMIT}`);
    return;
  }
  const cursor = parseSince(query.get('pageToken') ?? query.get('since'));
  if (cursor === undefined) {
    sendProblem(response, 400, 'INVALID_SINCE', 'since must be RFC 3339 or milliseconds since the epoch');
    return;
  }
  const to = query.get('to');
  const channel = query.get('channel');
  const messages: Message[] = [];
  let more = false;
  for (const message of to === null ? inbox.since(cursor) : inbox.of(canonicalRecipient(to))) {
    if (message.cursor < cursor || (channel !== null && message.channel !== channel)) continue;
    if (messages.length === limit) {
      more = true;
      break;
    }
    messages.push(message);
  }
  const last = messages.at(-1);
  // Half a step past the last cursor: the next one is at least a whole step away.
  const next = String(last ? last.cursor + 0.0005 : cursor);
  sendJson(response, 200, { messages, nextSince: next, ...(more && { nextPageToken: next }) });
}

/** Milliseconds since the epoch, 0 when absent, undefined when it is neither RFC 3339 nor a number. */
export function parseSince(text: string | null): number | undefined {
  if (text === null || text === '') return 0;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  // In a query string the `+` of an offset arrives as a space.
  const time = Date.parse(text.replace(' ', '+'));
  return Number.isNaN(time) ? undefined : time;
}
