import type { Queryable } from '../database/database.ts';
import { prepared } from '../database/sql.ts';

const TAKE = prepared(
  'inbox_take',
  'INSERT INTO inbox (durable, event_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id',
);
const GIVE_BACK = prepared('inbox_give_back', 'DELETE FROM inbox WHERE durable = $1 AND event_id = ANY($2::uuid[])');
/** Longer than any stream keeps its events, so that none can be handled a second time. */
const TRIM = prepared(
  'inbox_trim',
  `WITH attempts AS (DELETE FROM inbox_attempts WHERE durable = $1 AND begin_time < now() - interval '8 days')
   DELETE FROM inbox WHERE durable = $1 AND handled_at < now() - interval '8 days'`,
);

/** Notes, in the transaction of the events' effects, that they are handled; those come back, in lower case, that were not before. */
export async function takeEach(tx: Queryable, durable: string, eventIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ event_id: string }>(TAKE, [durable, eventIds]);
  return new Set(rows.map(({ event_id }) => event_id));
}

/** Takes that back, in the same transaction, of those that are not handled after all. */
export const giveBack = (tx: Queryable, durable: string, eventIds: readonly string[]): Promise<unknown> =>
  tx.query(GIVE_BACK, [durable, eventIds]);

export const trimInbox = (on: Queryable, durable: string): Promise<unknown> => on.query(TRIM, [durable]);
