import { type JsMsg, headers as natsHeaders } from 'nats';
import type { Bus } from './bus.ts';
import { DEAD_LETTER_STREAM } from './subjects.ts';

/** An event that a consumer gave up on. */
export interface DeadLetter {
  /** Its place in the dead-letter stream. */
  readonly seq: number;
  readonly durable: string;
  readonly reason: string;
  readonly attempts: number;
  /** Subject it was published to. */
  readonly subject: string;
  readonly id: string;
  readonly aggregateId: string;
  readonly diedAt: Date;
  readonly payload: Uint8Array;
}

const PREFIX = 'kreki.dead';
const HEADER = {
  durable: 'kreki-durable',
  reason: 'kreki-reason',
  attempts: 'kreki-attempts',
  subject: 'kreki-subject',
};
const REASON_MAX = 1_000;

/** Stores an event with why it was given up; once for each consumer, however often that is tried. */
export async function publishDeadLetter(
  bus: Bus,
  message: JsMsg,
  death: { durable: string; reason: string; attempts: number },
): Promise<void> {
  const { client } = required(bus);
  const headers = natsHeaders();
  for (const [name, values] of message.headers ?? []) {
    if (name.startsWith('ce-') || name === 'content-type' || name === 'traceparent') headers.set(name, values[0] ?? '');
  }
  headers.set(HEADER.durable, death.durable);
  headers.set(HEADER.reason, death.reason.replace(/[\r\n]+/g, ' ').slice(0, REASON_MAX));
  headers.set(HEADER.attempts, String(death.attempts));
  headers.set(HEADER.subject, message.subject);
  const msgID = `dead:${death.durable}:${message.headers?.get('ce-id') || message.seq}:${message.seq}`;
  await client.publish(`${PREFIX}.${death.durable}.${message.subject}`, message.data, { headers, msgID });
}

/** Dead letters, the oldest first, after a place in the stream. */
export async function listDeadLetters(
  bus: Bus,
  options: { after?: number; limit?: number } = {},
): Promise<DeadLetter[]> {
  const { manager } = required(bus);
  const { state } = await manager.streams.info(DEAD_LETTER_STREAM);
  const found: DeadLetter[] = [];
  for (let seq = Math.max((options.after ?? 0) + 1, state.first_seq); seq <= state.last_seq; seq++) {
    if (found.length >= (options.limit ?? 100)) break;
    const letter = await getDeadLetter(bus, seq);
    if (letter) found.push(letter);
  }
  return found;
}

/** One dead letter; undefined when it was replayed, dropped, or has aged out. */
export async function getDeadLetter(bus: Bus, seq: number): Promise<DeadLetter | undefined> {
  const { manager } = required(bus);
  const stored = await manager.streams.getMessage(DEAD_LETTER_STREAM, { seq }).catch(() => undefined);
  if (!stored) return undefined;
  const header = (name: string) => stored.header.get(name);
  return {
    seq,
    durable: header(HEADER.durable),
    reason: header(HEADER.reason),
    attempts: Number(header(HEADER.attempts)),
    subject: header(HEADER.subject),
    id: header('ce-id'),
    aggregateId: header('ce-subject'),
    diedAt: stored.time,
    payload: stored.data,
  };
}

/**
 * Publishes a dead letter to its subject again, with the same event id: the consumer that gave it up has no inbox row of it and handles it,
 * the others have one and pass it over. Then drops it.
 */
export async function replayDeadLetter(bus: Bus, seq: number): Promise<boolean> {
  const { client, manager } = required(bus);
  const stored = await manager.streams.getMessage(DEAD_LETTER_STREAM, { seq }).catch(() => undefined);
  if (!stored) return false;
  const headers = natsHeaders();
  for (const [name, values] of stored.header) {
    if (name.startsWith('ce-') || name === 'content-type' || name === 'traceparent') headers.set(name, values[0] ?? '');
  }
  const msgID = `replay:${seq}:${stored.header.get('ce-id')}`;
  await client.publish(stored.header.get(HEADER.subject), stored.data, { headers, msgID });
  return dropDeadLetter(bus, seq);
}

/** Removes a dead letter for good. */
export async function dropDeadLetter(bus: Bus, seq: number): Promise<boolean> {
  return required(bus).manager.streams.deleteMessage(DEAD_LETTER_STREAM, seq, false);
}

function required(bus: Bus) {
  const jetstream = bus.jetstream();
  if (!jetstream) throw new Error('NATS is not connected');
  return jetstream;
}
