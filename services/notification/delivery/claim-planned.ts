import { type Channel, DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { traceparent } from '@kreki/runtime/trace';
import type { Alert } from '../alerts/alert.ts';
import type { Plan } from '../alerts/plan.ts';
import type { KnownRecipient } from '../store/notifications.ts';
import type { Claimed } from '../store/queue.ts';
import type { Queues, ReservedPlaces } from './queues.ts';

interface ClaimedPlan {
  /** How long each is claimed for, by its id. */
  readonly leasesMs: ReadonlyMap<string, number>;
  /** Sends those of them that were written and committed; to be called once, whatever became of the transaction. */
  send(written: readonly { readonly id: string }[]): void;
}

/**
 * Claims planned deliveries for this process while they are written, as far as their lanes have places, so that what goes out at once is neither
 * read from the queue nor changed there. Should this process end before they are sent, the end of the claim has them sent by another.
 */
export function claimPlanned(
  queues: Queues,
  alert: Alert,
  plan: Plan,
  recipients: readonly KnownRecipient[],
): ClaimedPlan {
  const startMs = performance.now();
  const leasesMs = new Map<string, number>();
  const reserved: { places: ReservedPlaces; items: Claimed[] }[] = [];
  for (const [channel, items] of claimedItems(alert, plan, recipients)) {
    const places = queues.reserve(alert.priority, channel, items.length);
    if (!places) continue;
    const first = items.slice(0, places.count);
    for (const { id } of first) leasesMs.set(id, places.leaseMs);
    reserved.push({ places, items: first });
  }
  return {
    leasesMs,
    send(written) {
      const ids = new Set(written.map(({ id }) => id));
      const tookMs = performance.now() - startMs;
      for (const { places, items } of reserved) {
        // After a commit that took long another would soon claim them as well.
        const inTime = tookMs < places.leaseMs / 2;
        places.use(inTime ? items.filter(({ id }) => ids.has(id)) : []);
      }
    },
  };
}

/** What claims of the planned deliveries would give, by channel. */
function claimedItems(alert: Alert, plan: Plan, recipients: readonly KnownRecipient[]): Map<Channel, Claimed[]> {
  const people = new Map(recipients.map((recipient) => [recipient.userId, recipient]));
  const contents = new Map(plan.notifications.map(({ id, content }) => [id, content]));
  const trace = traceparent();
  const now = new Date();
  const items = new Map<Channel, Claimed[]>();
  for (const { id, notificationId, userId, channel, deviceId, status } of plan.deliveries) {
    const person = people.get(userId);
    const content = contents.get(notificationId);
    if (status !== DeliveryStatus.QUEUED || !person || !content) continue;
    const device = person.devices.find((each) => each.id === deviceId);
    const item: Claimed = {
      ...person.contact,
      id,
      notification_id: notificationId,
      user_id: userId,
      emergency_id: alert.emergencyId ?? null,
      attempts: 1,
      create_time: now,
      content,
      expire_time: alert.expireTime ?? null,
      traceparent: trace,
      device_id: deviceId,
      token: device?.token ?? null,
      platform: device?.platform ?? null,
    };
    const others = items.get(channel);
    if (others) others.push(item);
    else items.set(channel, [item]);
  }
  return items;
}
