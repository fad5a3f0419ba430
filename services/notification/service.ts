import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { NotificationAuditService } from '@kreki/gen/kreki/notification/v1/notification_audit_service_pb.js';
import { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';
import { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { auditRpc } from '@kreki/runtime/audit/rpc';
import { prismaAdapter } from '@kreki/runtime/database/prisma';
import { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { resealing } from '@kreki/runtime/personal-data/resealing';
import { personalDataRpc } from '@kreki/runtime/privacy/rpc';
import { implement } from '@kreki/runtime/rpc/handlers';
import { createService, type RunningService } from '@kreki/runtime/service';
import { openEmail } from './channels/email.ts';
import { openPush } from './channels/push.ts';
import { openWhatsApp } from './channels/whatsapp.ts';
import type { Config } from './config.ts';
import { contactsConsumer } from './consumers/contacts.ts';
import { dispatchConsumer } from './consumers/dispatch.ts';
import { createContactLoader } from './contacts/loader.ts';
import { EMAIL, PHONE, WAMID } from './contacts/personal-data.ts';
import { contactRefresh } from './contacts/refresh.ts';
import { dataSteps } from './data-steps.ts';
import { createQueues } from './delivery/queues.ts';
import { PrismaClient } from './prisma/generated/client.ts';
import { holdings } from './privacy/holdings.ts';
import { notificationRpc } from './rpc/notification-rpc.ts';
import { retention } from './store/retention.ts';

export async function startNotification(config: Config): Promise<RunningService> {
  const personalData = new PersonalData(config.personalData);
  const nameOfMessage = (wamid: string) => personalData.lookup(WAMID, wamid).toString('base64url');
  const service = await createService(config, {
    migrations: new URL('./prisma/migrations', import.meta.url),
    dataSteps: dataSteps(personalData, nameOfMessage),
  });
  const { log, database, outbox } = service;
  const directory = service.client(DirectoryService, 'auth');
  const prisma = new PrismaClient({ adapter: prismaAdapter(database) });
  const push = openPush(config.push);
  service.onStop(() => push.stop());
  const email = openEmail(config.email);
  service.onStop(() => email.stop());
  const whatsapp = openWhatsApp(config.whatsapp, nameOfMessage);
  service.onStop(() => whatsapp.stop());

  const contacts = createContactLoader(directory, database, personalData);
  const channels = { push, whatsapp, email };
  const { maxAttempts } = config.delivery;
  const queues = createQueues(database, config, { channels, contacts, personalData, maxAttempts }, log);
  service.onStop(() => queues.stop());
  await queues.recover();
  const refresh = contactRefresh(directory, database, personalData, log);

  return service.start({
    rpc: [
      implement(
        NotificationService,
        notificationRpc({ config, database, prisma, outbox, contactRefresh: refresh, nameOfMessage, log }),
      ),
      implement(NotificationAuditService, auditRpc(database)),
      implement(PersonalDataService, personalDataRpc(database, holdings(prisma, personalData))),
    ],
    consumers: [dispatchConsumer(queues), contactsConsumer(queues, refresh)],
    loops: [
      ...queues.lanes,
      refresh,
      retention(database, config.retentionMs, log),
      resealing(database, personalData, [EMAIL, PHONE], log),
    ],
    warmUp: () => prisma.notification.findFirst(),
  });
}
