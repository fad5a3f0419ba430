import type { ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { wantContact } from '../store/contacts.ts';
import { registerDevice as store } from '../store/devices.ts';
import { deviceMessage } from './messages.ts';

export const registerDevice =
  ({ database, contactRefresh }: Context): ServiceImpl<typeof NotificationService>['registerDevice'] =>
  async ({ token, platform }, context) => {
    const { userId } = personOf(context);
    const device = await database.transaction(async (tx) => {
      await wantContact(tx, userId);
      return await store(tx, { userId, token, platform });
    });
    contactRefresh.wake();
    return { device: deviceMessage(device) };
  };
