import type { Database } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';

const INTERVAL_MS = 3_600_000;
/** Pages of one statement, some thousand rows. The table is read as it lies on disk: an index over the time would cost every move. */
const BATCH_PAGES = 100;

const PAGES = prepared(
  'position_pages',
  `SELECT pg_relation_size('positions') / current_setting('block_size')::bigint AS pages`,
);

/** Passes over rows that are being written at this moment: they are old no more. */
const ERASE = prepared(
  'erase_positions',
  `WITH old AS MATERIALIZED (
     SELECT volunteer_id FROM positions
     WHERE ctid >= $1::tid AND ctid < $2::tid AND measured_at < now() - $3 * interval '1 millisecond'
     FOR UPDATE SKIP LOCKED
   ), erased AS (
     UPDATE positions AS p SET location = NULL, accuracy_meters = NULL, measured_at = NULL
     FROM old WHERE p.volunteer_id = old.volunteer_id
     RETURNING 1
   )
   SELECT count(*) AS erased FROM erased`,
);

/** Erases positions older than they are kept, a batch at a time; answers how many. */
export async function erasePositions(database: Database, retentionMs: number, signal: AbortSignal): Promise<number> {
  const [{ pages } = { pages: 0 }] = await database.query<{ pages: number }>(PAGES);
  let total = 0;
  for (let page = 0; page < pages && !signal.aborted; page += BATCH_PAGES) {
    const range = [`(${page},0)`, `(${page + BATCH_PAGES},0)`];
    const [row] = await database.query<{ erased: number }>(ERASE, [...range, retentionMs]);
    total += row?.erased ?? 0;
  }
  return total;
}

export const positionRetention = (database: Database, retentionMs: number, log: Logger): Loop =>
  loop(
    'position-retention',
    INTERVAL_MS,
    async (signal) => {
      const positions = await erasePositions(database, retentionMs, signal);
      if (positions > 0) log.info({ positions }, 'old positions erased');
    },
    { log },
  );
