import { type JetStreamManager, type JsMsg, type MsgHdrs, headers as natsHeaders, type StoredMsg } from 'nats';
import { type Bus, type JetStreams, required } from './bus.ts';
import type { Delivered } from './delivered.ts';
import { ensureDeadLetterStream, isNotFound } from './streams.ts';
import { DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECTS, deadLetterSubjects } from './subjects.ts';

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
  /** When the event was made, unless it does not say. */
  readonly madeAt: Date | undefined;
  readonly diedAt: Date;
  readonly payload: Uint8Array;
}

const HEADER = {
  durable: 'kreki-durable',
  reason: 'kreki-reason',
  attempts: 'kreki-attempts',
  subject: 'kreki-subject',
  only: 'kreki-only',
};
const REASON_MAX = 1_000;

/** Stores an event with why it was given up; once for each consumer, however often that is tried. */
export async function publishDeadLetter(
  bus: Bus,
  message: JsMsg,
  death: { durable: string; reason: string; attempts: number },
): Promise<void> {
  const { client, manager, replicas } = required(bus);
  const headers = eventHeaders(message.headers ?? []);
  headers.set(HEADER.durable, death.durable);
  headers.set(HEADER.reason, death.reason.replace(/[\r\n]+/g, ' ').slice(0, REASON_MAX));
  headers.set(HEADER.attempts, String(death.attempts));
  headers.set(HEADER.subject, message.subject);
  const msgID = `dead:${death.durable}:${message.headers?.get('ce-id') || 'none'}:${message.seq}`;
  await ensureDeadLetterStream(manager, replicas);
  await client.publish(deadLetterSubjects(death.durable).replace('>', message.subject), message.data, {
    headers,
    msgID,
  });
}

/** Whether an event is meant for this consumer: one that was replayed is for the consumer alone that had given it up. */
export function isFor({ headers }: Delivered, durable: string): boolean {
  const only = headers[HEADER.only];
  return !only || only === durable;
}

/**
 * Dead letters, the oldest first, after a place in the stream; none while no consumer has ever made the stream.
 * @param options.durable only those of one consumer
 */
export async function listDeadLetters(
  bus: JetStreams,
  options: { after?: number; limit?: number; durable?: string | undefined } = {},
): Promise<DeadLetter[]> {
  const { manager } = required(bus);
  const subjects = options.durable ? deadLetterSubjects(options.durable) : DEAD_LETTER_SUBJECTS;
  const found: DeadLetter[] = [];
  if (!(await holdsAny(manager))) return found;
  for (let seq = (options.after ?? 0) + 1; found.length < (options.limit ?? 100); ) {
    // The next one that is still there, from this place on; nats.js does not name this request.
    const query = { seq, next_by_subj: subjects };
    const stored = await orNone(manager.streams.getMessage(DEAD_LETTER_STREAM, query));
    if (!stored) break;
    found.push(read(stored));
    seq = stored.seq + 1;
  }
  return found;
}

/** One dead letter; undefined when it was replayed, dropped, or has aged out. */
export async function getDeadLetter(bus: JetStreams, seq: number): Promise<DeadLetter | undefined> {
  const stored = await find(bus, seq);
  return stored && read(stored);
}

function read(stored: StoredMsg): DeadLetter {
  const header = (name: string) => stored.header.get(name);
  return {
    seq: stored.seq,
    durable: header(HEADER.durable),
    reason: header(HEADER.reason),
    attempts: Number(header(HEADER.attempts)),
    subject: header(HEADER.subject),
    id: header('ce-id'),
    aggregateId: header('ce-subject'),
    madeAt: header('ce-time') ? new Date(header('ce-time')) : undefined,
    diedAt: stored.time,
    payload: stored.data,
  };
}

/**
 * Publishes a dead letter to its subject again, with the same event id, for the consumer that gave it up and no other. Then drops it.
 * @returns false when there is no such dead letter.
 */
export async function replayDeadLetter(bus: JetStreams, seq: number): Promise<boolean> {
  const { client } = required(bus);
  const stored = await find(bus, seq);
  if (!stored) return false;
  const headers = eventHeaders(stored.header);
  headers.set(HEADER.only, stored.header.get(HEADER.durable));
  const msgID = `replay:${seq}:${stored.header.get('ce-id')}`;
  await client.publish(stored.header.get(HEADER.subject), stored.data, { headers, msgID });
  await dropDeadLetter(bus, seq);
  return true;
}

/**
 * Removes a dead letter for good.
 * @returns false when there is no such dead letter.
 */
export async function dropDeadLetter(bus: JetStreams, seq: number): Promise<boolean> {
  const { manager } = required(bus);
  return (await find(bus, seq)) !== undefined && manager.streams.deleteMessage(DEAD_LETTER_STREAM, seq, false);
}

async function find(bus: JetStreams, seq: number): Promise<StoredMsg | undefined> {
  const { manager } = required(bus);
  return (await holdsAny(manager)) ? orNone(manager.streams.getMessage(DEAD_LETTER_STREAM, { seq })) : undefined;
}

/** To be asked before a message is: nats-server 2.9 ends, and everybody's connection with it, when it is asked for a message of a stream that is being made. */
const holdsAny = async (manager: JetStreamManager): Promise<boolean> =>
  ((await orNone(manager.streams.info(DEAD_LETTER_STREAM)))?.state.messages ?? 0) > 0;

async function orNone<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What makes a message an event, without what JetStream or a consumer added to it. */
function eventHeaders(from: Iterable<[string, string[]]>): MsgHdrs {
  const headers = natsHeaders();
  for (const [name, values] of from) {
    if (name.startsWith('ce-') || name === 'content-type' || name === 'traceparent') headers.set(name, values[0] ?? '');
  }
  return headers;
}
