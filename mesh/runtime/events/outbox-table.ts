import type { Queryable } from '../database/database.ts';
import { prepared } from '../database/sql.ts';

export interface OutboxRow {
  readonly id: string;
  readonly seq: number;
  readonly subject: string;
  readonly payload: Buffer;
  readonly headers: Record<string, string>;
}

/** How many events go to JetStream side by side. */
export const BATCH = 500;
const CHUNK = 10_000;

const NEXT = prepared(
  'relay_next',
  `SELECT id, seq, subject, payload, headers FROM outbox
   WHERE published_at IS NULL AND seq <> ALL ($1::bigint[]) ORDER BY seq LIMIT ${BATCH}`,
);
const MARK = prepared(
  'relay_mark',
  `UPDATE outbox SET published_at = now(), stream_seq = published.stream_seq
   FROM unnest($1::uuid[], $2::bigint[]) AS published (id, stream_seq) WHERE outbox.id = published.id`,
);
const NEWEST = prepared(
  'relay_newest',
  'SELECT id, stream_seq FROM outbox WHERE published_at IS NOT NULL ORDER BY stream_seq DESC LIMIT 1',
);
const REOPEN = prepared(
  'relay_reopen',
  `WITH reopened AS (
     UPDATE outbox SET published_at = NULL, stream_seq = NULL WHERE id IN (
       SELECT id FROM outbox WHERE published_at IS NOT NULL AND stream_seq > $1 ORDER BY stream_seq DESC LIMIT ${CHUNK})
     RETURNING id)
   SELECT count(*) AS count FROM reopened`,
);
const TRIM = prepared(
  'relay_trim',
  `WITH oldest AS (
     SELECT id, published_at FROM outbox WHERE published_at IS NOT NULL ORDER BY stream_seq LIMIT ${CHUNK}),
   trimmed AS (
     DELETE FROM outbox USING oldest
     WHERE outbox.id = oldest.id AND oldest.published_at < now() - $1 * interval '1 millisecond' RETURNING outbox.id)
   SELECT count(*) AS count FROM trimmed`,
);
const BACKLOG = prepared(
  'relay_backlog',
  `SELECT count(*) AS depth, coalesce(extract(epoch FROM now() - min(created_at)) * 1000, 0)::float8 AS age
   FROM outbox WHERE published_at IS NULL`,
);

/**
 * Events to publish, in the order in which they were written, but for those under way. One that was written before these may be seen after
 * them only, when its transaction took longer.
 */
export const next = (on: Queryable, underWay: readonly OutboxRow[]): Promise<OutboxRow[]> =>
  on.query<OutboxRow>(NEXT, [underWay.map(({ seq }) => seq)]);

/** Notes that JetStream has these events, and where. */
export async function mark(on: Queryable, published: readonly { id: string; streamSeq: number }[]): Promise<void> {
  if (published.length === 0) return;
  await on.query(MARK, [published.map(({ id }) => id), published.map(({ streamSeq }) => streamSeq)]);
}

/** The kept event that is last in the stream. */
export async function newestPublished(on: Queryable): Promise<{ id: string; stream_seq: number } | undefined> {
  return (await on.query<{ id: string; stream_seq: number }>(NEWEST))[0];
}

/** Makes events behind a place in the stream wait for publication again, the last first; at most 10,000 at a time. */
export const reopenAfter = (on: Queryable, streamSeq: number): Promise<number> => count(on, REOPEN, [streamSeq]);

/** Deletes what was published longer ago than that. */
export async function trimPublished(on: Queryable, retentionMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await count(on, TRIM, [retentionMs])) === CHUNK);
}

export async function backlog(on: Queryable): Promise<{ depth: number; oldestAgeMs: number }> {
  const [row] = await on.query<{ depth: number; age: number }>(BACKLOG);
  return { depth: row?.depth ?? 0, oldestAgeMs: row?.age ?? 0 };
}

async function count(on: Queryable, statement: typeof TRIM, values: unknown[]): Promise<number> {
  return (await on.query<{ count: number }>(statement, values))[0]?.count ?? 0;
}
