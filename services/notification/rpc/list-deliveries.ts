import type { ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { deliveryMessage } from './messages.ts';
import { pageAfter, pageOf } from './page.ts';

export const listDeliveries =
  ({ prisma }: Context): ServiceImpl<typeof NotificationService>['listDeliveries'] =>
  async ({ emergencyId, userId, status, ...request }) => {
    const size = pageSize(request.pageSize, 100, 500);
    const found = await prisma.delivery.findMany({
      where: {
        ...pageAfter(request.pageToken),
        ...(emergencyId && { emergencyId }),
        ...(userId && { userId }),
        ...(status && { status }),
      },
      orderBy: { id: 'desc' },
      take: size + 1,
    });
    const { rows, nextPageToken } = pageOf(found, size);
    return { deliveries: rows.map(deliveryMessage), nextPageToken };
  };
