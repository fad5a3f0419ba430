import { Code } from '@connectrpc/connect';
import type { Queryable, Tx } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import { fail } from '../errors.ts';

/** A call as it is put on record; the database adds its place, time and hash. */
export interface NewEntry {
  readonly actorId: string | null;
  readonly actorRole: string;
  readonly sessionId: string | null;
  /** The process that called: `gateway`, or a service. */
  readonly peer: string;
  readonly rpc: string;
  /** Each `<collection>/<id>`. */
  readonly subjects: readonly string[];
  /** `OK`, or a gRPC code. */
  readonly outcome: string;
  readonly reason: string;
  readonly clientAddress: string;
  readonly requestId: string;
  readonly traceId: string;
  /** Failed calls of the same actor that were left out before this one. */
  readonly omitted: number;
}

export interface StoredEntry extends NewEntry {
  readonly sequence: number;
  readonly time: Date;
  readonly hash: Buffer;
}

const APPEND = prepared(
  'audit_append',
  `INSERT INTO audit_entries (actor_id, actor_role, session_id, peer, rpc, subjects, outcome, reason, client_address, request_id,
     trace_id, omitted)
   SELECT "actorId", "actorRole", "sessionId", peer, rpc, subjects, outcome, reason, "clientAddress", "requestId", "traceId", omitted
   FROM jsonb_to_recordset($1::jsonb) AS entry ("actorId" uuid, "actorRole" text, "sessionId" uuid, peer text, rpc text, subjects text[],
     outcome text, reason text, "clientAddress" text, "requestId" text, "traceId" text, omitted integer)`,
);

const COLUMNS = `sequence, time, actor_id AS "actorId", actor_role AS "actorRole", session_id AS "sessionId", peer, rpc, subjects, outcome,
  reason, client_address AS "clientAddress", request_id AS "requestId", trace_id AS "traceId", omitted, hash`;

/** Apart for each index that may serve, since one plan for all would use none of them. */
const list = (by: string, condition: string) =>
  prepared(
    `audit_list${by}`,
    `SELECT ${COLUMNS} FROM audit_entries
     WHERE ${condition} AND ($1::uuid IS NULL OR actor_id = $1) AND ($2::text IS NULL OR subjects @> ARRAY[$2])
       AND ($3::text IS NULL OR rpc = $3) AND ($4::timestamptz IS NULL OR time >= $4) AND ($5::timestamptz IS NULL OR time < $5)
       AND ($6::bigint IS NULL OR sequence < $6)
     ORDER BY sequence DESC LIMIT $7`,
  );
const LIST = list('', 'true');
const LIST_OF_ACTOR = list('_of_actor', 'actor_id = $1');
const LIST_OF_SUBJECT = list('_of_subject', 'subjects @> ARRAY[$2]');

const NEWEST = prepared('audit_newest', `SELECT ${COLUMNS} FROM audit_entries ORDER BY sequence DESC LIMIT 1`);

/** The place of an entry that is not there, or of one whose hash does not follow from what it says and from the one before. */
const CHECK = prepared(
  'audit_check',
  `SELECT count(*) AS checked, max(sequence) AS last, min(broken) AS broken
   FROM (
     SELECT sequence, CASE
       WHEN sequence <> lag(sequence, 1, sequence - 1) OVER oldest_first + 1 THEN lag(sequence) OVER oldest_first + 1
       WHEN hash <> audit_hash(entry) OR previous_hash <> lag(hash, 1, CASE WHEN sequence = 1 THEN ''::bytea ELSE previous_hash END)
         OVER oldest_first THEN sequence
     END AS broken
     FROM (SELECT * FROM audit_entries WHERE sequence >= $1 ORDER BY sequence LIMIT $2) AS entry
     WINDOW oldest_first AS (ORDER BY sequence)
   ) AS checked`,
);

/** The newest stays whatever its age, since the next one follows from it. */
const FORGET = prepared(
  'audit_forget',
  `WITH forgotten AS (
     DELETE FROM audit_entries WHERE sequence IN (
       SELECT sequence FROM audit_entries
       WHERE time < now() - interval '5 years' AND sequence < (SELECT max(sequence) FROM audit_entries)
       ORDER BY sequence LIMIT $1)
     RETURNING sequence)
   SELECT count(*) AS count FROM forgotten`,
);

export const notRecorded = (cause?: unknown) =>
  fail(Code.Unavailable, 'AUDIT_UNAVAILABLE', 'this cannot be put on record now; try again', {}, cause);

/**
 * Puts calls on record, each writer behind the one before.
 * @throws ConnectError UNAVAILABLE `AUDIT_UNAVAILABLE`.
 */
export async function appendEntries(database: Queryable, entries: readonly NewEntry[]): Promise<void> {
  try {
    await database.query(APPEND, [JSON.stringify(entries)]);
  } catch (error) {
    throw notRecorded(error);
  }
}

/**
 * Puts a call on record in the transaction of its change. Every writer waits until the one before has committed, so that the entry is sent with the
 * commit, and nobody waits for what else this process has to do.
 */
export const appendLast = (tx: Tx, entry: NewEntry): Promise<unknown> =>
  tx.queryLater(APPEND, [JSON.stringify([entry])]);

export interface EntryQuery {
  readonly actorId?: string | undefined;
  readonly subject?: string | undefined;
  readonly rpc?: string | undefined;
  readonly start?: Date | undefined;
  readonly end?: Date | undefined;
  /** Only entries before this one. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Entries, the newest first. */
export const listEntries = (database: Queryable, query: EntryQuery): Promise<StoredEntry[]> =>
  database.query<StoredEntry>(query.subject ? LIST_OF_SUBJECT : query.actorId ? LIST_OF_ACTOR : LIST, [
    query.actorId ?? null,
    query.subject ?? null,
    query.rpc ?? null,
    query.start ?? null,
    query.end ?? null,
    query.before ?? null,
    query.limit,
  ]);

export async function newestEntry(database: Queryable): Promise<StoredEntry | undefined> {
  return (await database.query<StoredEntry>(NEWEST))[0];
}

/** A record as it is read: in a service's own database, or in JetStream. */
export interface Record {
  /** Entries, the newest first. */
  list(query: EntryQuery): Promise<StoredEntry[]>;
  newest(): Promise<StoredEntry | undefined>;
  /** Computes the hashes again of up to `limit` entries from a sequence on. */
  check(start: number, limit: number): Promise<Check>;
}

export const databaseRecord = (database: Queryable): Record => ({
  list: (query) => listEntries(database, query),
  newest: () => newestEntry(database),
  check: (start, limit) => checkEntries(database, start, limit),
});

export interface Check {
  readonly checked: number;
  /** Sequence of the last one checked. */
  readonly last: number | null;
  readonly broken: number | null;
}

/** Computes the hashes again of up to `limit` entries from a sequence on. */
export async function checkEntries(database: Queryable, start: number, limit: number): Promise<Check> {
  const [check] = await database.query<Check>(CHECK, [start, limit]);
  return check ?? { checked: 0, last: null, broken: null };
}

/** Deletes entries older than five years, up to `limit` of them; answers how many. */
export async function forgetEntries(database: Queryable, limit: number): Promise<number> {
  return (await database.query<{ count: number }>(FORGET, [limit]))[0]?.count ?? 0;
}
