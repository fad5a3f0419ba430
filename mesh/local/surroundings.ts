/** Secrets and credentials of this machine's mesh, put together with where its servers are. */
import { join } from 'node:path';
import { OPERATOR, usesNats } from '../policy/nats.ts';
import { redisUsers } from '../policy/redis.ts';
import { type ServiceName, serviceNames, services } from '../topology.ts';
import { type Surroundings, serviceAccount } from './environment.ts';
import { identityFolder } from './identities.ts';
import type { Ports } from './ports.ts';
import { type Secrets, writePrivate } from './secrets.ts';
import type { ServerUrls } from './servers/provide.ts';
import { userUrls } from './servers/users.ts';

/** Writes the FCM service account, which names the simulators' present port. */
export function describeSurroundings(
  folder: string,
  ports: Ports,
  urls: ServerUrls,
  databaseUrls: Readonly<Record<ServiceName, string>>,
  secrets: Secrets,
  env: NodeJS.ProcessEnv,
): Surroundings {
  const fcmCredentialsFile = join(folder, 'fcm-service-account.json');
  const account = serviceAccount(secrets.rsaPrivateKey('fcm'), ports);
  writePrivate(fcmCredentialsFile, `${JSON.stringify(account, null, 2)}\n`);
  return {
    ports,
    databaseUrls,
    natsUrls: userUrls('nats', urls.nats, serviceNames.filter(usesNats), { env, secrets }),
    redisUrls: userUrls(
      'redis',
      urls.redis,
      redisUsers().map(({ name }) => name),
      { env, secrets },
    ),
    operator: {
      natsUrl: userUrls('nats', urls.nats, [OPERATOR], { env, secrets })[OPERATOR],
      dashboardKey: secrets.password('dashboardKey'),
      accountsFile: join(folder, 'accounts.json'),
      objectivesFile: join(folder, 'objectives.json'),
    },
    logLevel: env.LOG_LEVEL ?? 'info',
    identityFolder: (name) => identityFolder(folder, name),
    signingKeysSecret: secrets.key('signingKeys'),
    personalData: Object.fromEntries(
      serviceNames
        .filter((name) => services[name].stores.personalData)
        .map((name) => [
          name,
          { keys: secrets.keyRing(`personalDataKeys.${name}`), lookupKey: secrets.key(`personalDataLookup.${name}`) },
        ]),
    ),
    fcmCredentialsFile,
    whatsapp: {
      accessToken: secrets.password('whatsappAccessToken'),
      appSecret: secrets.password('whatsappAppSecret'),
      verifyToken: secrets.password('whatsappVerifyToken'),
    },
  };
}
