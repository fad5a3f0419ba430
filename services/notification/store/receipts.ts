import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { ReceivedStatus } from '../webhook/parse.ts';
import { withoutAddresses } from './without-addresses.ts';

/**
 * Applies statuses of WhatsApp messages, each once, by their rank whatever order they come in: sent, failed, delivered, read. A
 * failure counts only against the message it tells of, not against a later attempt; one that passes queues the delivery again.
 */
const APPLY = prepared(
  'apply_statuses',
  `WITH told AS (
     SELECT * FROM unnest($1::text[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::text[], $6::int[])
       AS told (wamid, delivery_id, status, at, error, retry_ms)
   ), fresh AS (
     INSERT INTO whatsapp_receipt (wamid, status) SELECT DISTINCT wamid, status FROM told ORDER BY wamid, status
     ON CONFLICT DO NOTHING RETURNING wamid, status
   ), news AS (
     SELECT wamid, coalesce((array_agg(delivery_id))[1], (SELECT id FROM delivery WHERE channel = 2 AND provider_id = wamid)) AS id,
            (array_agg(status ORDER BY (ARRAY[0, 0, 1, 3, 4, 2])[status] DESC))[1] AS status,
            max(error) AS error, max(retry_ms) AS retry_ms,
            min(at) FILTER (WHERE status = 3) AS send_time,
            min(at) FILTER (WHERE status = 4) AS deliver_time,
            min(at) FILTER (WHERE status = 5) AS read_time
     FROM told JOIN fresh USING (wamid, status)
     GROUP BY wamid
   ), locked AS MATERIALIZED (
     SELECT id FROM delivery WHERE id = ANY (ARRAY(SELECT id FROM news)) ORDER BY id FOR UPDATE
   )
   UPDATE delivery SET
     status = CASE
       WHEN news.status = 6 AND news.retry_ms IS NOT NULL AND delivery.attempts < $7 THEN 1
       ELSE news.status END,
     error = CASE WHEN news.status = 6 THEN news.error ELSE '' END,
     provider_id = CASE
       WHEN news.status = 6 AND news.retry_ms IS NOT NULL AND delivery.attempts < $7 THEN NULL
       ELSE coalesce(delivery.provider_id, news.wamid) END,
     due_time = now() + coalesce(news.retry_ms, 0) * interval '1 millisecond',
     send_time = coalesce(delivery.send_time, news.send_time, news.deliver_time, news.read_time),
     deliver_time = coalesce(delivery.deliver_time, news.deliver_time, news.read_time),
     read_time = coalesce(delivery.read_time, news.read_time)
   FROM news
   WHERE delivery.id = ANY (ARRAY(SELECT id FROM locked)) AND delivery.id = news.id
     AND (ARRAY[0, 0, 1, 3, 4, 2, 0])[news.status] > (ARRAY[0, 0, 1, 3, 4, 2, 0])[delivery.status]
     AND (news.status <> 6 OR coalesce(delivery.provider_id, news.wamid) = news.wamid)
     AND NOT (news.status = 3
       AND EXISTS (SELECT 1 FROM whatsapp_receipt AS failed WHERE failed.wamid = news.wamid AND failed.status = 6))`,
);

/** @param maxAttempts After so many a failure is final, whatever its code. */
export async function applyStatuses(
  database: Queryable,
  statuses: readonly ReceivedStatus[],
  maxAttempts: number,
): Promise<void> {
  await database.query(APPLY, [
    statuses.map((one) => one.wamid),
    statuses.map((one) => one.deliveryId),
    statuses.map((one) => one.status),
    statuses.map((one) => one.time),
    statuses.map((one) => withoutAddresses(one.error)),
    statuses.map((one) => one.retryMs),
    maxAttempts,
  ]);
}

/** A message that answers one of ours. */
export interface ReceivedReply {
  readonly wamid: string;
  /** To whom ours went, and about what. */
  readonly user_id: string;
  readonly emergency_id: string | null;
  /** Whether it comes for the first time. */
  readonly is_new: boolean;
}

const RECEIVE = prepared(
  'receive_replies',
  `WITH reply AS (
     SELECT DISTINCT ON (told.wamid) told.wamid, delivery.user_id, delivery.emergency_id
     FROM unnest($1::text[], $2::text[]) AS told (wamid, replies_to)
     CROSS JOIN LATERAL (
       SELECT user_id, emergency_id FROM delivery WHERE channel = 2 AND provider_id = told.replies_to LIMIT 1
     ) AS delivery
     ORDER BY told.wamid
   ), fresh AS (
     INSERT INTO whatsapp_receipt (wamid, status) SELECT wamid, 0 FROM reply ON CONFLICT DO NOTHING RETURNING wamid
   )
   SELECT reply.*, fresh.wamid IS NOT NULL AS is_new FROM reply LEFT JOIN fresh USING (wamid)`,
);

/** Notes messages that came, each once; those that answer one that is not known are neither noted nor in the result. */
export const receiveReplies = (
  database: Queryable,
  replies: readonly { readonly wamid: string; readonly repliesTo: string }[],
): Promise<ReceivedReply[]> =>
  database.query<ReceivedReply>(RECEIVE, [replies.map((one) => one.wamid), replies.map((one) => one.repliesTo)]);
