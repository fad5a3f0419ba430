import type { ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';

export const markRead =
  ({ prisma }: Context): ServiceImpl<typeof NotificationService>['markRead'] =>
  async ({ notificationIds }, context) => {
    const { userId } = personOf(context);
    const unread = { id: { in: notificationIds }, userId, readTime: null };
    await prisma.notification.updateMany({ where: unread, data: { readTime: new Date() } });
    return {};
  };
