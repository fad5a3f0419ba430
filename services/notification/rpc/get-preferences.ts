import type { ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';

export const getPreferences =
  ({ prisma }: Context): ServiceImpl<typeof NotificationService>['getPreferences'] =>
  async (_, context) => {
    const { userId } = personOf(context);
    const { mutedChannels = [], mutedTopics = [] } = (await prisma.preference.findUnique({ where: { userId } })) ?? {};
    return { preferences: { mutedChannels, mutedTopics } };
  };
