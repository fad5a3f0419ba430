import { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { VolunteerAuditService } from '@kreki/gen/kreki/volunteer/v1/volunteer_audit_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { auditRpc } from '@kreki/runtime/audit/rpc';
import { prismaAdapter } from '@kreki/runtime/database/prisma';
import { personalDataRpc } from '@kreki/runtime/privacy/rpc';
import { implement } from '@kreki/runtime/rpc/handlers';
import { createService, type RunningService } from '@kreki/runtime/service';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { engagementConsumer } from './engagement/consumer.ts';
import { PositionWriter } from './positions/writer.ts';
import { PrismaClient } from './prisma/generated/client.ts';
import { holdings } from './privacy/holdings.ts';
import { volunteerRpc } from './rpc/volunteer-rpc.ts';
import { positionRetention } from './store/position-retention.ts';
import { storePositions } from './store/positions.ts';

/** Starts the service: profiles, certificates, availability, positions, and the search for who is near. */
export async function startVolunteer(config: Config): Promise<RunningService> {
  const service = await createService(config, { migrations: new URL('./prisma/migrations', import.meta.url) });
  const { database, outbox, log } = service;
  const prisma = new PrismaClient({ adapter: prismaAdapter(database) });
  service.onStop(() => prisma.$disconnect());
  const positions = new PositionWriter((batch) => storePositions(database, batch), { ...config.positions, log });
  service.onStop(() => positions.stop());

  const context: Context = { database, prisma, outbox, positions, positionFreshMs: config.positionFreshMs };
  return service.start({
    rpc: [
      implement(VolunteerService, volunteerRpc(context)),
      implement(VolunteerAuditService, auditRpc(database)),
      implement(PersonalDataService, personalDataRpc(database, holdings(context))),
    ],
    consumers: [engagementConsumer],
    warmUp: () => prisma.volunteer.findFirst(),
    loops: [positionRetention(database, config.positionRetentionMs, log)],
  });
}
