import { DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import { traceparent } from '@kreki/runtime/trace';
import type { Alert } from '../alerts/alert.ts';
import type { Plan, Recipient } from '../alerts/plan.ts';
import { CONTACT_COLUMNS, type KnownContact } from './queue.ts';

/**
 * What belongs to a person is looked up for each by their key. How many persons there are is hidden from the planner (the array comes from a
 * sub-select): it would plan anew each time to reckon with their number.
 */
const FIND_RECIPIENTS = prepared(
  'find_recipients',
  `SELECT recipient.user_id, coalesce(preference.muted_channels, '{}') AS muted_channels,
          coalesce(preference.muted_topics, '{}') AS muted_topics, devices.*, contact.*
   FROM unnest((SELECT $1::uuid[])) AS recipient (user_id)
   LEFT JOIN LATERAL (
     SELECT muted_channels, muted_topics FROM preference WHERE user_id = recipient.user_id LIMIT 1
   ) AS preference ON true
   CROSS JOIN LATERAL (
     SELECT coalesce(array_agg(id ORDER BY id), '{}') AS device_ids, coalesce(array_agg(token ORDER BY id), '{}') AS tokens,
            coalesce(array_agg(platform ORDER BY id), '{}') AS platforms
     FROM device WHERE user_id = recipient.user_id
   ) AS devices
   LEFT JOIN LATERAL (SELECT ${CONTACT_COLUMNS} FROM contact WHERE user_id = recipient.user_id LIMIT 1) AS contact ON true`,
);

/** A recipient with everything that sending to them needs. */
export interface KnownRecipient extends Recipient {
  readonly devices: readonly { readonly id: string; readonly token: string; readonly platform: number }[];
  readonly contact: KnownContact;
}

interface RecipientRow extends KnownContact {
  readonly user_id: string;
  readonly muted_channels: number[];
  readonly muted_topics: number[];
  readonly device_ids: string[];
  readonly tokens: string[];
  readonly platforms: number[];
}

export async function findRecipients(database: Queryable, userIds: readonly string[]): Promise<KnownRecipient[]> {
  const rows = await database.query<RecipientRow>(FIND_RECIPIENTS, [userIds]);
  return rows.map(({ user_id, muted_channels, muted_topics, device_ids, tokens, platforms, ...contact }) => ({
    userId: user_id,
    mutedChannels: muted_channels,
    mutedTopics: muted_topics,
    devices: device_ids.map((id, index) => ({ id, token: tokens[index] ?? '', platform: platforms[index] ?? 0 })),
    contact,
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
   INSERT INTO delivery (id, notification_id, user_id, emergency_id, channel, device_id, priority, status, error, attempts, due_time)
   SELECT planned.id, planned.notification_id, planned.user_id, $7::uuid, planned.channel, planned.device_id, $5::smallint,
          planned.status, planned.error, CASE planned.status WHEN 2 THEN 1 ELSE 0 END,
          clock_timestamp() + planned.lease_ms * interval '1 millisecond'
   FROM unnest($9::uuid[], $10::uuid[], $11::uuid[], $12::smallint[], $13::uuid[], $14::smallint[], $15::text[], $17::int[])
     AS planned (id, notification_id, user_id, channel, device_id, status, error, lease_ms)
   JOIN made ON made.id = planned.notification_id
   RETURNING id`,
);

/**
 * @param eventId UUID of the event that the alert follows from.
 * @param leasesMs How long deliveries are claimed for that this process sends as soon as they are committed, by their ids.
 * @returns The deliveries that were written, to be waited for after the commit.
 */
export function insertPlan(
  tx: Tx,
  eventId: string,
  alert: Alert,
  plan: Plan,
  leasesMs: ReadonlyMap<string, number>,
): Promise<{ readonly id: string }[]> {
  const { notifications, deliveries } = plan;
  return tx.queryLater<{ id: string }>(INSERT_PLAN, [
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
    deliveries.map((one) => (leasesMs.has(one.id) ? DeliveryStatus.SENDING : one.status)),
    deliveries.map((one) => one.error),
    traceparent(),
    deliveries.map((one) => leasesMs.get(one.id) ?? 0),
  ]);
}
