import type { ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';

export const updatePreferences =
  ({ prisma }: Context): ServiceImpl<typeof NotificationService>['updatePreferences'] =>
  async ({ preferences }, context) => {
    const { userId } = personOf(context);
    const { mutedChannels = [], mutedTopics = [] } = preferences ?? {};
    const muted = { mutedChannels: mutedChannels.toSorted(), mutedTopics: mutedTopics.toSorted() };
    await prisma.preference.upsert({ where: { userId }, create: { userId, ...muted }, update: muted });
    return { preferences: muted };
  };
