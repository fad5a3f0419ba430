import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  DeliverySchema,
  DeviceSchema,
  NotificationSchema,
} from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Content } from '../alerts/alert.ts';
import type { Delivery, Notification } from '../prisma/generated/client.ts';
import type { DeviceRow } from '../store/devices.ts';
import { textOf } from '../templates/texts.ts';
import type { Language } from '../templates/words.ts';

export function deviceMessage(row: DeviceRow): MessageInitShape<typeof DeviceSchema> {
  return {
    id: row.id,
    platform: row.platform,
    createTime: timestampFromDate(row.create_time),
    lastSeenTime: timestampFromDate(row.last_seen_time),
  };
}

export function notificationMessage(
  row: Notification,
  language: Language,
): MessageInitShape<typeof NotificationSchema> {
  return {
    id: row.id,
    topic: row.topic,
    priority: row.priority,
    ...textOf(row.content as unknown as Content, language),
    emergencyId: row.emergencyId ?? '',
    createTime: timestampFromDate(row.createTime),
    ...optionalTime('readTime', row.readTime),
  };
}

export function deliveryMessage(row: Delivery): MessageInitShape<typeof DeliverySchema> {
  return {
    id: row.id,
    notificationId: row.notificationId,
    userId: row.userId,
    channel: row.channel,
    priority: row.priority,
    status: row.status,
    attempts: row.attempts,
    error: row.error,
    emergencyId: row.emergencyId ?? '',
    createTime: timestampFromDate(row.createTime),
    ...optionalTime('sendTime', row.sendTime),
    ...optionalTime('deliverTime', row.deliverTime),
    ...optionalTime('readTime', row.readTime),
  };
}

/** A time that has not come is left out. */
function optionalTime<Name extends string>(name: Name, time: Date | null) {
  return (time === null ? {} : { [name]: timestampFromDate(time) }) as {
    [key in Name]?: ReturnType<typeof timestampFromDate>;
  };
}
