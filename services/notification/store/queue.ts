import type { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { Content } from '../alerts/alert.ts';
import { withoutAddresses } from './without-addresses.ts';

/** A delivery whose lease this process holds, with everything that sending it needs. */
export interface Claimed extends KnownContact {
  readonly id: string;
  readonly notification_id: string;
  readonly user_id: string;
  readonly emergency_id: string | null;
  readonly attempts: number;
  readonly create_time: Date;
  readonly content: Content;
  readonly expire_time: Date | null;
  /** The trace that it follows from; null when that was not known. */
  readonly traceparent: string | null;
  readonly device_id: string | null;
  /** Null when the device is gone, or another person's now. */
  readonly token: string | null;
  readonly platform: Platform | null;
}

/** What is known of how a person is reached; all of it null when that is nothing yet. */
export interface KnownContact {
  readonly contact_active: boolean | null;
  /** Whether auth was ever asked. */
  readonly contact_fetched: boolean | null;
  readonly email_sealed: Buffer | null;
  readonly phone_sealed: Buffer | null;
  readonly full_name: string | null;
  readonly locale: number | null;
}

/** Of `contact`, as `KnownContact`. */
export const CONTACT_COLUMNS =
  'active AS contact_active, fetch_time IS NOT NULL AS contact_fetched, email_sealed, phone_sealed, full_name, locale';

/**
 * What belongs to a delivery is looked up for each by its key: how many a lane has due is nothing that the planner knows, and with joins it has
 * read all contacts for a handful.
 */
const CLAIM = prepared(
  'claim_deliveries',
  `WITH due AS MATERIALIZED (
     SELECT id FROM delivery
     WHERE priority = $1 AND channel = $2 AND status IN (1, 2) AND due_time <= now()
     ORDER BY due_time LIMIT $3 FOR UPDATE SKIP LOCKED
   ), claimed AS (
     UPDATE delivery SET status = 2, attempts = attempts + 1, due_time = now() + $4 * interval '1 millisecond'
     WHERE id = ANY (ARRAY(SELECT id FROM due))
     RETURNING id, notification_id, user_id, emergency_id, device_id, attempts, create_time
   )
   SELECT claimed.*, notification.*, device.*, contact.*
   FROM claimed
   CROSS JOIN LATERAL (
     SELECT content, expire_time, traceparent FROM notification WHERE id = claimed.notification_id LIMIT 1
   ) AS notification
   LEFT JOIN LATERAL (
     SELECT token, platform FROM device WHERE id = claimed.device_id AND user_id = claimed.user_id LIMIT 1
   ) AS device ON true
   LEFT JOIN LATERAL (SELECT ${CONTACT_COLUMNS} FROM contact WHERE user_id = claimed.user_id LIMIT 1) AS contact ON true`,
);

/** Takes a lease on up to `limit` deliveries that are due, those whose lease ran out included. */
export function claim(
  database: Queryable,
  lane: { priority: number; channel: number },
  limit: number,
  leaseMs: number,
): Promise<Claimed[]> {
  return database.query<Claimed>(CLAIM, [lane.priority, lane.channel, limit, leaseMs]);
}

/**
 * What an outcome makes of a delivery; `delayMs` is the wait of one that is queued again. A status that WhatsApp reported in the
 * meantime stays, and so does what a later attempt did. Rows are locked in the order of their ids here and wherever else several
 * are changed, since webhooks change the same ones at the same moment.
 */
const RECORD = prepared(
  'record_attempts',
  `WITH locked AS MATERIALIZED (
     SELECT id FROM delivery WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
   )
   UPDATE delivery SET
     status = CASE WHEN delivery.status = 2 THEN result.status ELSE delivery.status END,
     error = CASE WHEN delivery.status = 2 THEN result.error ELSE delivery.error END,
     provider_id = coalesce(delivery.provider_id, result.provider_id),
     send_time = CASE WHEN result.status = 3 THEN coalesce(delivery.send_time, result.send_time) ELSE delivery.send_time END,
     due_time = CASE WHEN result.status = 1 THEN now() + result.delay_ms * interval '1 millisecond' ELSE delivery.due_time END
   FROM unnest($1::uuid[], $2::int[], $3::smallint[], $4::text[], $5::text[], $6::int[], $7::timestamptz[])
     AS result (id, attempts, status, error, provider_id, delay_ms, send_time)
   WHERE delivery.id = ANY (ARRAY(SELECT id FROM locked)) AND delivery.id = result.id
     AND (result.status = 3 AND delivery.status > 1 OR delivery.status = 2 AND delivery.attempts = result.attempts)`,
);

export interface AttemptResult {
  readonly id: string;
  readonly attempts: number;
  /** A DeliveryStatus. */
  readonly status: number;
  readonly error: string;
  readonly providerId: string | null;
  readonly delayMs: number;
  readonly sendTime: Date | null;
}

export async function recordAttempts(database: Queryable, results: readonly AttemptResult[]): Promise<void> {
  await database.query(RECORD, [
    results.map((one) => one.id),
    results.map((one) => one.attempts),
    results.map((one) => one.status),
    results.map((one) => withoutAddresses(one.error)),
    results.map((one) => one.providerId),
    results.map((one) => one.delayMs),
    results.map((one) => one.sendTime),
  ]);
}

const SKIP_OFFER = prepared(
  'skip_offer',
  `WITH waiting AS MATERIALIZED (
     SELECT delivery.id FROM delivery JOIN notification ON notification.id = delivery.notification_id
     WHERE delivery.emergency_id = $1 AND delivery.user_id = ANY ($2::uuid[]) AND notification.topic = $3
       AND (delivery.status = 1 OR delivery.status = 2 AND delivery.due_time < now())
     ORDER BY delivery.id FOR UPDATE OF delivery
   )
   UPDATE delivery SET status = 7, error = $4 FROM waiting WHERE delivery.id = waiting.id`,
);

/** Lets alerts that still wait go unsent, since what they ask is settled. */
export function skipWaiting(
  tx: Tx,
  about: { emergencyId: string; userIds: readonly string[]; topic: number },
  reason: string,
): void {
  tx.send(SKIP_OFFER, [about.emergencyId, about.userIds, about.topic, reason]);
}

const EXTEND_LEASES = prepared(
  'extend_leases',
  `UPDATE delivery SET due_time = now() + least(
       greatest($2 * interval '1 millisecond', now() - due_time + $2 * interval '1 millisecond'), interval '2 minutes')
   WHERE id IN (SELECT id FROM delivery WHERE channel = $1 AND status = 2 FOR UPDATE SKIP LOCKED)`,
);

/**
 * Holds back what may have been sent before a crash. A provider repeats its webhooks at doubling intervals, so what was said during an
 * outage comes within another time as long.
 */
export async function extendLeases(database: Queryable, channel: number, leaseMs: number): Promise<void> {
  await database.query(EXTEND_LEASES, [channel, leaseMs]);
}
