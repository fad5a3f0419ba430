import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import { traceparent } from '@kreki/runtime/trace';
import type { Alert } from '../alerts/alert.ts';
import type { Plan, Recipient } from '../alerts/plan.ts';

const FIND_RECIPIENTS = prepared(
  'find_recipients',
  `SELECT recipient.user_id,
          coalesce(preference.muted_channels, '{}') AS muted_channels,
          coalesce(preference.muted_topics, '{}') AS muted_topics,
          ARRAY(SELECT device.id FROM device WHERE device.user_id = recipient.user_id) AS device_ids
   FROM unnest($1::uuid[]) AS recipient (user_id)
   LEFT JOIN preference USING (user_id)`,
);

interface RecipientRow {
  readonly user_id: string;
  readonly muted_channels: number[];
  readonly muted_topics: number[];
  readonly device_ids: string[];
}

export async function findRecipients(database: Queryable, userIds: readonly string[]): Promise<Recipient[]> {
  const rows = await database.query<RecipientRow>(FIND_RECIPIENTS, [userIds]);
  return rows.map((row) => ({
    userId: row.user_id,
    deviceIds: row.device_ids,
    mutedChannels: row.muted_channels,
    mutedTopics: row.muted_topics,
  }));
}

/** A person who has this event's notification already gets neither another one nor its deliveries. */
const INSERT_PLAN = prepared(
  'insert_plan',
  `WITH made AS (
     INSERT INTO notification (id, user_id, source_event_id, topic, priority, content, emergency_id, expire_time, traceparent)
     SELECT planned.id, planned.user_id, $3::uuid, $4::smallint, $5::smallint, planned.content, $7::uuid, $8::timestamptz, $16
     FROM unnest($1::uuid[], $2::uuid[], $6::jsonb[]) AS planned (id, user_id, content)
     ON CONFLICT (source_event_id, user_id) DO NOTHING
     RETURNING id
   )
   INSERT INTO delivery (id, notification_id, user_id, emergency_id, channel, device_id, priority, status, error)
   SELECT planned.id, planned.notification_id, planned.user_id, $7::uuid, planned.channel, planned.device_id, $5::smallint,
          planned.status, planned.error
   FROM unnest($9::uuid[], $10::uuid[], $11::uuid[], $12::smallint[], $13::uuid[], $14::smallint[], $15::text[])
     AS planned (id, notification_id, user_id, channel, device_id, status, error)
   JOIN made ON made.id = planned.notification_id`,
);

/** @param eventId UUID of the event that the alert follows from. */
export function insertPlan(tx: Tx, eventId: string, alert: Alert, plan: Plan): void {
  const { notifications, deliveries } = plan;
  tx.send(INSERT_PLAN, [
    notifications.map((one) => one.id),
    notifications.map((one) => one.userId),
    eventId,
    alert.topic,
    alert.priority,
    notifications.map((one) => JSON.stringify(one.content)),
    alert.emergencyId ?? null,
    alert.expireTime ?? null,
    deliveries.map((one) => one.id),
    deliveries.map((one) => one.notificationId),
    deliveries.map((one) => one.userId),
    deliveries.map((one) => one.channel),
    deliveries.map((one) => one.deviceId),
    deliveries.map((one) => one.status),
    deliveries.map((one) => one.error),
    traceparent(),
  ]);
}
