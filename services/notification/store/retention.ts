import type { Database } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';

const INTERVAL_MS = 3_600_000;
const BATCH = 1_000;
/** Meta repeats a webhook for up to seven days. */
const RECEIPT_DAYS = 8;

const FORGET_NOTIFICATIONS = prepared(
  'forget_notifications',
  `WITH old AS (
     DELETE FROM notification WHERE id IN (
       SELECT id FROM notification WHERE create_time < now() - $1 * interval '1 millisecond' ORDER BY id LIMIT ${BATCH})
     RETURNING id
   ), gone AS (
     DELETE FROM delivery USING old WHERE delivery.notification_id = old.id
   )
   SELECT count(*) AS forgotten FROM old`,
);
const FORGET_RECEIPTS = prepared(
  'forget_receipts',
  `DELETE FROM whatsapp_receipt WHERE receive_time < now() - interval '${RECEIPT_DAYS} days'`,
);

/** Deletes what is older than it is kept, a batch at a time. */
export function retention(database: Database, retentionMs: number, log: Logger): Loop {
  return loop(
    'retention',
    INTERVAL_MS,
    async (signal) => {
      for (let forgotten = BATCH; forgotten === BATCH && !signal.aborted; ) {
        const [row] = await database.query<{ forgotten: number }>(FORGET_NOTIFICATIONS, [retentionMs]);
        forgotten = row?.forgotten ?? 0;
      }
      await database.query(FORGET_RECEIPTS);
    },
    { log },
  );
}
