import type { Queryable } from '../database/database.ts';
import { prepared } from '../database/sql.ts';

const TAKE = prepared(
  'inbox_take',
  'INSERT INTO inbox (durable, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id',
);
/** Longer than any stream keeps its events, so that none can be handled a second time. */
const TRIM = prepared(
  'inbox_trim',
  `WITH attempts AS (DELETE FROM inbox_attempts WHERE durable = $1 AND begin_time < now() - interval '8 days')
   DELETE FROM inbox WHERE durable = $1 AND handled_at < now() - interval '8 days'`,
);

/** Notes, in the transaction of an event's effect, that it is handled; false when it was before. */
export async function takeOnce(tx: Queryable, durable: string, eventId: string): Promise<boolean> {
  return (await tx.query(TAKE, [durable, eventId])).length > 0;
}

export const trimInbox = (on: Queryable, durable: string): Promise<unknown> => on.query(TRIM, [durable]);
