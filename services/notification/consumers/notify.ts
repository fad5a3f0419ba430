import { DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { EventContext } from '@kreki/runtime/events/consumer';
import type { Alert } from '../alerts/alert.ts';
import { plan } from '../alerts/plan.ts';
import { claimPlanned } from '../delivery/claim-planned.ts';
import type { Queues } from '../delivery/queues.ts';
import { findRecipients, insertPlan } from '../store/notifications.ts';

/** Stores an alert with its deliveries in the event's transaction; those that find a place go out when it is committed. */
export async function notify(queues: Queues, alert: Alert | undefined, { tx, id }: EventContext): Promise<void> {
  if (!alert || alert.recipients.length === 0) return;
  const userIds = alert.recipients.map(({ userId }) => userId);
  const recipients = await findRecipients(tx, userIds);
  const planned = plan(alert, recipients);
  const claimed = claimPlanned(queues, alert, planned, recipients);
  const written = insertPlan(tx, id, alert, planned, claimed.leasesMs);
  tx.ended((committed) => void (committed ? written : Promise.resolve([])).then(claimed.send));
  for (const delivery of planned.deliveries) {
    const waits = delivery.status === DeliveryStatus.QUEUED && !claimed.leasesMs.has(delivery.id);
    if (waits) queues.touch(alert.priority, delivery.channel);
  }
}
