/** What stands in each file of secrets that docker-compose.yml names. */
import { serviceAccount } from '../local/environment.ts';
import { readPorts } from '../local/ports.ts';
import type { Secrets } from '../local/secrets.ts';
import { secretOf } from '../local/servers/users.ts';
import { natsAuthorization, natsUsers } from '../policy/nats.ts';
import { databasePolicies } from '../policy/postgres.ts';
import { redisAcl, redisUsers } from '../policy/redis.ts';
import { secretFolders } from '../render/compose/secrets.ts';
import { simulators } from '../topology.ts';

/** Given by a provider: what `npm run secrets` makes is for the simulators, and never replaces what somebody put there. */
export const OF_PROVIDERS = /^(FCM_|WHATSAPP_|SMTP_|ALERT_)/;

/** @returns content by `<folder>/<file>` */
export function secretValues(secrets: Secrets): Record<string, string> {
  const values = Object.entries(secretFolders()).flatMap(([folder, files]) =>
    files.map((file) => [`${folder}/${file}`, contentOf(secrets, folder, file)]),
  );
  return Object.fromEntries(values);
}

function contentOf(secrets: Secrets, folder: string, file: string): string {
  const [name = '', migrations] = folder.split('-');
  switch (folder) {
    case 'postgres':
      return secrets.password(file);
    case 'nats':
      // Quoted, since a bare value that begins with digits and a size letter would be read as a number.
      return natsAuthorization(natsUsers(), (user) => JSON.stringify(secrets.password(secretOf('nats', user))));
    case 'redis':
      return redisAcl(redisUsers(), (user) => secrets.password(secretOf('redis', user))).join('\n');
  }
  switch (file) {
    case 'DATABASE_URL':
      return databaseUrl(secrets, name, migrations ? 'owner' : 'role');
    case 'NATS_URL':
      return natsUrl(secrets, name);
    case 'REDIS_URL':
      return `redis://${name}:${secrets.password(secretOf('redis', name))}@redis:6379`;
    case 'PERSONAL_DATA_KEYS':
      return secrets.keyRing(`personalDataKeys.${name}`);
    case 'PERSONAL_DATA_LOOKUP_KEY':
      return secrets.key(`personalDataLookup.${name}`);
    case 'SIGNING_KEYS_SECRET':
      return secrets.key('signingKeys');
    // Nobody is told until somebody puts an address there.
    case 'ALERT_WEBHOOK':
      return '';
    case 'SMTP_URL':
      return 'smtp://mailpit:1025';
    case 'FCM_CREDENTIALS': {
      const account = serviceAccount(secrets.rsaPrivateKey('fcm'), readPorts({}));
      return JSON.stringify({ ...account, token_uri: `http://simulators:${simulators.httpPort}/fcm/token` }, null, 2);
    }
    case 'WHATSAPP_ACCESS_TOKEN':
    case 'WHATSAPP_APP_SECRET':
    case 'WHATSAPP_VERIFY_TOKEN':
      return secrets.password(file);
    default:
      throw new Error(`nobody knows how ${folder}/${file} is made`);
  }
}

const natsUrl = (secrets: Secrets, user: string) =>
  `nats://${user}:${secrets.password(secretOf('nats', user))}@nats:4222`;

function databaseUrl(secrets: Secrets, service: string, as: 'owner' | 'role'): string {
  const policy = databasePolicies().find((each) => each.service === service);
  if (!policy) throw new Error(`${service} has no database`);
  return `postgresql://${policy[as]}:${secrets.password(policy[as])}@postgres:5432/${policy.database}`;
}
