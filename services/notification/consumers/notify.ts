import { DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { EventContext } from '@kreki/runtime/events/consumer';
import type { Alert } from '../alerts/alert.ts';
import { plan } from '../alerts/plan.ts';
import type { Queues } from '../delivery/queues.ts';
import { findRecipients, insertPlan } from '../store/notifications.ts';

/** Stores an alert with its deliveries in the event's transaction. */
export async function notify(queues: Queues, alert: Alert | undefined, { tx, id }: EventContext): Promise<void> {
  if (!alert || alert.recipients.length === 0) return;
  const planned = plan(
    alert,
    await findRecipients(
      tx,
      alert.recipients.map(({ userId }) => userId),
    ),
  );
  insertPlan(tx, id, alert, planned);
  for (const { status, channel } of planned.deliveries) {
    if (status === DeliveryStatus.QUEUED) queues.touch(alert.priority, channel);
  }
}
