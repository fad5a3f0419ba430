import { randomUUIDv7 } from 'node:crypto';
import { Channel, DeliveryStatus, Priority } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Alert, Content } from './alert.ts';

/** What is known of a recipient when an alert is planned. */
export interface Recipient {
  readonly userId: string;
  readonly devices: readonly { readonly id: string }[];
  readonly mutedChannels: readonly number[];
  readonly mutedTopics: readonly number[];
}

export interface PlannedNotification {
  readonly id: string;
  readonly userId: string;
  readonly content: Content;
}

export interface PlannedDelivery {
  readonly id: string;
  readonly notificationId: string;
  readonly userId: string;
  readonly channel: Channel;
  /** The device of a push; null for every other channel, and for a push that has none to go to. */
  readonly deviceId: string | null;
  readonly status: DeliveryStatus.QUEUED | DeliveryStatus.SKIPPED;
  /** Why it is skipped; empty when it is not. */
  readonly error: string;
}

export interface Plan {
  readonly notifications: readonly PlannedNotification[];
  readonly deliveries: readonly PlannedDelivery[];
}

/** One notification a person, one delivery a channel, and for push one a device. Critical alerts go out whatever is muted. */
export function plan(alert: Alert, recipients: readonly Recipient[]): Plan {
  const known = new Map(recipients.map((recipient) => [recipient.userId, recipient]));
  const notifications: PlannedNotification[] = [];
  const deliveries: PlannedDelivery[] = [];
  for (const { userId, content } of alert.recipients) {
    const recipient = known.get(userId);
    if (!recipient) continue;
    const notificationId = randomUUIDv7();
    notifications.push({ id: notificationId, userId, content });
    for (const channel of alert.channels) {
      const add = (deviceId: string | null, problem: string) => {
        const status = problem === '' ? DeliveryStatus.QUEUED : DeliveryStatus.SKIPPED;
        deliveries.push({ id: randomUUIDv7(), notificationId, userId, channel, deviceId, status, error: problem });
      };
      if (isMuted(alert, recipient, channel)) add(null, 'MUTED');
      else if (channel !== Channel.PUSH) add(null, '');
      else if (recipient.devices.length === 0) add(null, 'NO_DEVICE');
      else for (const { id } of recipient.devices) add(id, '');
    }
  }
  return { notifications, deliveries };
}

function isMuted(alert: Alert, recipient: Recipient, channel: Channel): boolean {
  if (alert.priority === Priority.CRITICAL) return false;
  return recipient.mutedChannels.includes(channel) || recipient.mutedTopics.includes(alert.topic);
}
