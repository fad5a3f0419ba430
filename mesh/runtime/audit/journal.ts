/**
 * The record of what people do to the mesh itself, such as dropping an event. It is a stream of JetStream, since these acts are JetStream's too:
 * whoever can do one can put it on record, and where that cannot be written nothing can be done. Entries are chained as those of services are.
 */
import { createHash } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { AuditEntrySchema } from '@kreki/gen/kreki/audit/v1/audit_pb.js';
import {
  DiscardPolicy,
  NatsError,
  nanos,
  headers as natsHeaders,
  RetentionPolicy,
  StorageType,
  type StoredMsg,
  type StreamInfo,
} from 'nats';
import { type JetStream, type JetStreams, required } from '../events/bus.ts';
import { isNotFound } from '../events/streams.ts';
import { DEAD_LETTER_STREAM, JOURNAL_STREAM, JOURNAL_SUBJECT } from '../events/subjects.ts';
import { type Check, type EntryQuery, type NewEntry, notRecorded, type Record, type StoredEntry } from './entries.ts';
import { entryMessage } from './rpc.ts';

const FIVE_YEARS_MS = 5 * 365.25 * 86_400_000;
/** Some hundred thousand entries; beyond that nothing is done any more that could not be put on record. */
const MAX_BYTES = 64 * 1024 ** 2;
/** Writers that come between one and its place, one after the other. */
const TRIES = 100;
/** Entries asked for at the same time. */
const BATCH = 100;
/** JetStream's error code for one that came between. */
const WRONG_LAST_SEQUENCE = 10_071;

const HEADER = { previous: 'kreki-previous-hash', hash: 'kreki-hash' };
const NOTHING = Buffer.alloc(0);

/**
 * Puts an act on record.
 * @throws ConnectError UNAVAILABLE `AUDIT_UNAVAILABLE`: then it is not to be done.
 */
export async function appendToJournal(bus: JetStreams, entry: NewEntry): Promise<StoredEntry> {
  try {
    const jetstream = required(bus);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const written = await appendAfter(jetstream, (await ensureJournal(jetstream)).state, entry);
      if (written) return written;
    }
    throw new Error(`${TRIES} others came between`);
  } catch (error) {
    throw notRecorded(error);
  }
}

/** @returns undefined when somebody else wrote in between */
async function appendAfter(
  { client, manager }: JetStream,
  state: StreamInfo['state'],
  entry: NewEntry,
): Promise<StoredEntry | undefined> {
  const newest = state.messages > 0 ? await messageAt(manager, state.last_seq) : undefined;
  const time = new Date(Math.max(Date.now(), newest ? readEntry(newest).time.getTime() : 0));
  const placed: StoredEntry = { ...entry, sequence: state.last_seq + 1, time, hash: NOTHING };
  const payload = toBinary(AuditEntrySchema, create(AuditEntrySchema, entryMessage(placed)));
  const previous = newest?.header.get(HEADER.hash) ?? '';
  const hash = hashOf(previous, payload);
  const headers = natsHeaders();
  headers.set(HEADER.previous, previous);
  headers.set(HEADER.hash, hash);
  try {
    await client.publish(JOURNAL_SUBJECT, payload, {
      headers,
      expect: { streamName: JOURNAL_STREAM, lastSubjectSequence: newest?.seq ?? 0 },
    });
    return { ...placed, hash: Buffer.from(hash, 'hex') };
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE) return undefined;
    throw error;
  }
}

/** The record in JetStream; one that was never written to is empty. Throws when NATS is not connected. */
export const journalRecord = (bus: JetStreams): Record => ({
  async list(query) {
    const found: StoredEntry[] = [];
    for await (const message of backwards(required(bus), query.before)) {
      const entry = readEntry(message);
      if (query.start && entry.time < query.start) break;
      if (isWanted(entry, query)) found.push(entry);
      if (found.length === query.limit) break;
    }
    return found;
  },

  async newest() {
    for await (const message of backwards(required(bus))) return readEntry(message);
    return undefined;
  },

  check: (start, limit) => check(required(bus), start, limit),
});

async function* backwards({ manager }: JetStream, before = Number.MAX_SAFE_INTEGER): AsyncGenerator<StoredMsg> {
  const { first_seq, last_seq } = await stateOf(manager);
  for (let end = Math.min(before - 1, last_seq); end >= first_seq; end -= BATCH) {
    const places = Array.from({ length: BATCH }, (_, index) => end - index).filter((place) => place >= first_seq);
    for (const message of await Promise.all(places.map((place) => messageAt(manager, place)))) {
      if (message) yield message;
    }
  }
}

/** As in a database: the place of an entry that is missing, or of one that does not follow from what it says and from the one before. */
async function check({ manager }: JetStream, start: number, limit: number): Promise<Check> {
  const { first_seq, last_seq } = await stateOf(manager);
  const first = Math.max(start, first_seq, 1);
  const end = Math.min(first + limit - 1, last_seq);
  let previous = first === 1 ? '' : undefined;
  let broken: number | null = null;
  let checked = 0;
  for (let from = first; from <= end; from += BATCH) {
    const places = Array.from({ length: Math.min(BATCH, end - from + 1) }, (_, index) => from + index);
    for (const [index, message] of (await Promise.all(places.map((place) => messageAt(manager, place)))).entries()) {
      const follows = message?.header.get(HEADER.previous) ?? '';
      const hash = message?.header.get(HEADER.hash) ?? '';
      const intact = message && follows === (previous ?? follows) && hash === hashOf(follows, message.data);
      if (!intact) broken ??= from + index;
      previous = hash;
      if (message) checked += 1;
    }
  }
  return { checked, last: checked > 0 ? end : null, broken };
}

const hashOf = (previous: string, payload: Uint8Array): string =>
  createHash('sha256').update(previous, 'hex').update(payload).digest('hex');

function readEntry(message: StoredMsg): StoredEntry {
  const entry = fromBinary(AuditEntrySchema, message.data);
  const { actorRole, peer, rpc, subjects, outcome, reason, clientAddress, requestId, traceId, omitted } = entry;
  return {
    ...{ actorRole, peer, rpc, subjects, outcome, reason, clientAddress, requestId, traceId, omitted },
    actorId: entry.actorId || null,
    sessionId: entry.sessionId || null,
    sequence: message.seq,
    time: entry.time ? timestampDate(entry.time) : message.time,
    hash: Buffer.from(message.header.get(HEADER.hash), 'hex'),
  };
}

const isWanted = (entry: StoredEntry, { actorId, subject, rpc, end }: EntryQuery): boolean =>
  (!actorId || entry.actorId === actorId) &&
  (!subject || entry.subjects.includes(subject)) &&
  (!rpc || entry.rpc === rpc) &&
  (!end || entry.time < end);

const messageAt = (manager: JetStream['manager'], seq: number): Promise<StoredMsg | undefined> =>
  orElse(manager.streams.getMessage(JOURNAL_STREAM, { seq }), undefined);

async function stateOf(manager: JetStream['manager']): Promise<{ first_seq: number; last_seq: number }> {
  const info = await orElse(manager.streams.info(JOURNAL_STREAM), undefined);
  return info?.state ?? { first_seq: 1, last_seq: 0 };
}

/** Kept by as many servers as the dead letters are. A full one refuses, and so does whoever would have it forget something. */
async function ensureJournal({ manager, replicas }: JetStream): Promise<StreamInfo> {
  const found = await orElse(manager.streams.info(JOURNAL_STREAM), undefined);
  if (found) return found;
  const dead = await orElse(manager.streams.info(DEAD_LETTER_STREAM), undefined);
  return manager.streams.add({
    name: JOURNAL_STREAM,
    subjects: [JOURNAL_SUBJECT],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_age: nanos(FIVE_YEARS_MS),
    max_bytes: MAX_BYTES,
    num_replicas: dead?.config.num_replicas ?? replicas,
    deny_delete: true,
    deny_purge: true,
  });
}

async function orElse<T, E>(asked: Promise<T>, otherwise: E): Promise<T | E> {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return otherwise;
    throw error;
  }
}
