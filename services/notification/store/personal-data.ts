import type { Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import { closeContact } from './contacts.ts';
import { forgetDevicesOf } from './devices.ts';

const DELETE_RECEIPTS = prepared(
  'delete_receipts_of',
  `DELETE FROM whatsapp_receipt WHERE wamid IN (
     SELECT provider_id FROM delivery WHERE user_id = $1 AND channel = 2 AND provider_id IS NOT NULL)`,
);

/** Locked in the order of their ids, as wherever several are changed. */
const DELETE_DELIVERIES = prepared(
  'delete_deliveries_of',
  `WITH locked AS MATERIALIZED (SELECT id FROM delivery WHERE user_id = $1 ORDER BY id FOR UPDATE)
   DELETE FROM delivery USING locked WHERE delivery.id = locked.id`,
);
const DELETE_NOTIFICATIONS = prepared('delete_notifications_of', 'DELETE FROM notification WHERE user_id = $1');
const DELETE_PREFERENCE = prepared('delete_preference_of', 'DELETE FROM preference WHERE user_id = $1');

/** What was sent to a person and waits to be sent, and what became of it. */
export async function deleteMessages(tx: Tx, userId: string): Promise<void> {
  await tx.query(DELETE_RECEIPTS, [userId]);
  await tx.query(DELETE_DELIVERIES, [userId]);
  await tx.query(DELETE_NOTIFICATIONS, [userId]);
}

/** How a person wants to be reached, and by which devices. */
export async function deleteReach(tx: Tx, userId: string): Promise<void> {
  await forgetDevicesOf(tx, userId);
  await tx.query(DELETE_PREFERENCE, [userId]);
}

/** The row stays with nothing but the id, so that a contact that was being fetched meanwhile is not stored again. */
export const emptyContact = (tx: Tx, userId: string): Promise<void> => closeContact(tx, userId);
