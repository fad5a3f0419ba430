import { AuthAuditService } from '@kreki/gen/kreki/auth/v1/auth_audit_service_pb.js';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { PrivacyService } from '@kreki/gen/kreki/auth/v1/privacy_service_pb.js';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { auditRpc } from '@kreki/runtime/audit/rpc';
import { prismaAdapter } from '@kreki/runtime/database/prisma';
import { loop } from '@kreki/runtime/loop';
import { checkLookupKey } from '@kreki/runtime/personal-data/check-lookup-key';
import { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { resealing } from '@kreki/runtime/personal-data/resealing';
import { implement } from '@kreki/runtime/rpc/handlers';
import { createService, type RunningService } from '@kreki/runtime/service';
import { EMAIL, PHONE } from './accounts/personal-data.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { dataSteps } from './data-steps.ts';
import { erasureDriver } from './erasure/driver.ts';
import { HOLDERS } from './erasure/holders.ts';
import { LoginLimits } from './login-limits/login-limits.ts';
import { Passwords } from './passwords/passwords.ts';
import { PrismaClient } from './prisma/generated/client.ts';
import { openRedis } from './redis.ts';
import { Revocations } from './revocation/revocations.ts';
import { authRpc } from './rpc/auth-rpc.ts';
import { directoryRpc } from './rpc/directory-rpc.ts';
import { privacyRpc } from './rpc/privacy-rpc.ts';
import { userAdminRpc } from './rpc/user-admin-rpc.ts';
import { jsonWebKeys } from './signing-keys/json-web-keys.ts';
import { KeyRing } from './signing-keys/key-ring.ts';
import { purgeRefreshTokens } from './store/refresh-tokens.ts';
import { purgeRevocations } from './store/revocations.ts';
import { purgeSessions } from './store/sessions.ts';

const CATCH_UP_INTERVAL_MS = 2_000;
const PURGE_INTERVAL_MS = 3_600_000;

export async function startAuth(config: Config): Promise<RunningService> {
  const personalData = new PersonalData(config.personalData);
  const service = await createService(config, {
    migrations: new URL('./prisma/migrations', import.meta.url),
    dataSteps: dataSteps(personalData),
    fetchKeys: async () => ({ keys: jsonWebKeys(keys) }),
  });
  const { database, log, outbox } = service;
  const redis = openRedis(config.redisUrl, log);
  service.onStop(() => redis.disconnect());
  await checkLookupKey(database, personalData, EMAIL);
  const keys = await KeyRing.open(database, {
    ...config.signingKeys,
    tokenLifetimeMs: config.accessTokenLifetimeMs,
  });
  const revocations = new Revocations(redis, database, log);
  const holders = new Map(HOLDERS.map((name) => [name, service.client(PersonalDataService, name)]));
  const erasures = erasureDriver(database, holders, config.erasure, log);
  const context: Context = {
    config,
    database,
    prisma: new PrismaClient({ adapter: prismaAdapter(database) }),
    outbox,
    personalData,
    keys,
    passwords: await Passwords.create(config.passwords),
    loginLimits: new LoginLimits(redis, config.loginLimits),
    revocations,
    holders,
    erasures,
  };
  const catchUp = loop('revocations', CATCH_UP_INTERVAL_MS, () => revocations.catchUp(), { log, maxBackOffMs: 2_000 });
  redis.on('ready', () => catchUp.wake());
  return service.start({
    rpc: [
      implement(AuthService, authRpc(context)),
      implement(UserAdminService, userAdminRpc(context)),
      implement(DirectoryService, directoryRpc(context)),
      implement(PrivacyService, privacyRpc(context)),
      implement(AuthAuditService, auditRpc(database)),
    ],
    loops: [
      catchUp,
      erasures,
      loop('signing-keys', config.signingKeys.refreshMs, () => keys.refresh(), { log }),
      resealing(database, personalData, [EMAIL, PHONE], log),
      loop('purge', PURGE_INTERVAL_MS, () => purge(context), { log }),
    ],
    warmUp: () => context.prisma.user.findFirst(),
  });
}

async function purge({ database }: Context): Promise<void> {
  await purgeRefreshTokens(database);
  await purgeSessions(database);
  await purgeRevocations(database);
}
