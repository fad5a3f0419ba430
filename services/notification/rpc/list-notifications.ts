import type { ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import { pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { languageOf } from '../templates/words.ts';
import { notificationMessage } from './messages.ts';
import { pageAfter, pageOf } from './page.ts';

export const listNotifications =
  ({ prisma }: Context): ServiceImpl<typeof NotificationService>['listNotifications'] =>
  async (request, context) => {
    const { userId } = personOf(context);
    const size = pageSize(request.pageSize, 20, 100);
    const [contact, found] = await Promise.all([
      prisma.contact.findUnique({ where: { userId }, select: { locale: true } }),
      prisma.notification.findMany({
        where: { userId, ...pageAfter(request.pageToken), ...(request.unreadOnly && { readTime: null }) },
        orderBy: { id: 'desc' },
        take: size + 1,
      }),
    ]);
    const { rows, nextPageToken } = pageOf(found, size);
    const language = languageOf(contact?.locale ?? 0);
    return { notifications: rows.map((row) => notificationMessage(row, language)), nextPageToken };
  };
