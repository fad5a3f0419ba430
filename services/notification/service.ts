import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { NotificationAuditService } from '@kreki/gen/kreki/notification/v1/notification_audit_service_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { auditRpc } from '@kreki/runtime/audit/rpc';
import { implement } from '@kreki/runtime/rpc/handlers';
import { createService, type RunningService } from '@kreki/runtime/service';
import { PrismaPg } from '@prisma/adapter-pg';
import { openEmail } from './channels/email.ts';
import { openPush } from './channels/push.ts';
import { openWhatsApp } from './channels/whatsapp.ts';
import type { Config } from './config.ts';
import { contactsConsumer } from './consumers/contacts.ts';
import { dispatchConsumer } from './consumers/dispatch.ts';
import { createContactLoader } from './contacts/loader.ts';
import { contactRefresh } from './contacts/refresh.ts';
import { createQueues } from './delivery/queues.ts';
import { PrismaClient } from './prisma/generated/client.ts';
import { notificationRpc } from './rpc/notification-rpc.ts';
import { retention } from './store/retention.ts';

export async function startNotification(config: Config): Promise<RunningService> {
  const service = await createService(config, { migrations: new URL('./prisma/migrations', import.meta.url) });
  const { log, database, outbox } = service;
  const directory = service.client(DirectoryService, 'auth');
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool) });
  const push = openPush(config.push);
  service.onStop(() => push.stop());
  const email = openEmail(config.email);
  service.onStop(() => email.stop());
  const whatsapp = openWhatsApp(config.whatsapp);
  service.onStop(() => whatsapp.stop());

  const contacts = createContactLoader(directory, database);
  const channels = { push, whatsapp, email };
  const queues = createQueues(database, config, { channels, contacts, maxAttempts: config.delivery.maxAttempts }, log);
  service.onStop(() => queues.stop());
  await queues.recover();
  const refresh = contactRefresh(directory, database, log);

  return service.start({
    rpc: [
      implement(
        NotificationService,
        notificationRpc({ config, database, prisma, outbox, contactRefresh: refresh, log }),
      ),
      implement(NotificationAuditService, auditRpc(database)),
    ],
    consumers: [dispatchConsumer(queues), contactsConsumer(queues, refresh)],
    loops: [...queues.lanes, refresh, retention(database, config.retentionMs, log)],
  });
}
