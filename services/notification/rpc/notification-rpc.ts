import type { ServiceImpl } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import type { Context } from '../context.ts';
import { getPreferences } from './get-preferences.ts';
import { listDeliveries } from './list-deliveries.ts';
import { listNotifications } from './list-notifications.ts';
import { markRead } from './mark-read.ts';
import { receiveWhatsAppWebhook } from './receive-whatsapp-webhook.ts';
import { registerDevice } from './register-device.ts';
import { unregisterDevice } from './unregister-device.ts';
import { updatePreferences } from './update-preferences.ts';
import { verifyWhatsAppWebhook } from './verify-whatsapp-webhook.ts';

export const notificationRpc = (context: Context): ServiceImpl<typeof NotificationService> => ({
  registerDevice: registerDevice(context),
  unregisterDevice: unregisterDevice(context),
  getPreferences: getPreferences(context),
  updatePreferences: updatePreferences(context),
  listNotifications: listNotifications(context),
  markRead: markRead(context),
  listDeliveries: listDeliveries(context),
  verifyWhatsAppWebhook: verifyWhatsAppWebhook(context),
  receiveWhatsAppWebhook: receiveWhatsAppWebhook(context),
});
