import type { ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';

/** Answers the same for a device that is gone, or another person's, as for one that was removed. */
export const unregisterDevice =
  ({ prisma }: Context): ServiceImpl<typeof NotificationService>['unregisterDevice'] =>
  async ({ deviceId }, context) => {
    await prisma.device.deleteMany({ where: { id: deviceId, userId: personOf(context).userId } });
    return {};
  };
