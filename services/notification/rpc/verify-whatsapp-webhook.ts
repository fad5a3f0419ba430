import { Code, type ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { isSame } from '../webhook/signature.ts';

export const verifyWhatsAppWebhook =
  ({ config }: Context): ServiceImpl<typeof NotificationService>['verifyWhatsAppWebhook'] =>
  ({ hub }) => {
    if (hub?.mode !== 'subscribe' || !isSame(hub.verifyToken, config.whatsapp.verifyToken)) {
      throw fail(Code.PermissionDenied, 'BAD_VERIFY_TOKEN', 'the verify token is not the one agreed');
    }
    return { body: { contentType: 'text/plain', data: Buffer.from(hub.challenge) } };
  };
