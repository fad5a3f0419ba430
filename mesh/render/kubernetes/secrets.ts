/** Which secrets each process is given, by reference: their values are in the organisation's store, and nowhere here. */
import type { IExternalSecret } from '@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret';
import { OPERATOR, usesNats } from '../../policy/nats.ts';
import { databasePolicies } from '../../policy/postgres.ts';
import { redisUsers } from '../../policy/redis.ts';
import { type ServiceName, serviceNames, services } from '../../topology.ts';
import { dashboardSettings } from '../settings.ts';
import { settingsOf } from './container.ts';
import { databasesOf, passwordSecretOf, storedTiers } from './databases.ts';
import { databaseUrlOptions, ownerSecretOf } from './migrations.ts';
import { clusterOf, metadata, type ProcessName } from './names.ts';
import { kubernetesPlace } from './place.ts';

/** The store that an installation names `kreki`: Vault, a cloud's secret manager, or whatever External Secrets speaks to. */
const STORE = { kind: 'ClusterSecretStore', name: 'kreki' } as const;

/** An entry of the store. */
interface Remote {
  readonly key: string;
  readonly property: string;
}

interface Entry {
  /** What it is called in the template. */
  readonly name: string;
  readonly remote: Remote;
}

/** A variable of a process: entries of the store, and how the value is made of them. */
interface Made {
  readonly entries: readonly Entry[];
  readonly template: string;
}

const one = (name: string, remote: Remote): Made => ({ entries: [{ name, remote }], template: `{{ .${name} }}` });

/** One for each process, with its variables as keys. */
export function processSecret(name: ProcessName): IExternalSecret {
  const variables = settingsOf(name).secrets.map((variable) => [variable, madeOf(name, variable)] as const);
  return external(name, Object.fromEntries(variables));
}

/** The dashboard comes to NATS as the operator. */
export function dashboardSecret(name: string): IExternalSecret {
  const { secrets } = dashboardSettings(kubernetesPlace);
  const variables = secrets.map((variable) => [
    variable,
    variable === 'NATS_URL' ? natsUrl(OPERATOR) : one('value', { key: `kreki/${name}`, property: property(variable) }),
  ]);
  return external(name, Object.fromEntries(variables));
}

/** For migrations alone: the running service has no right to change a table. */
export function ownerSecret(name: ServiceName): IExternalSecret {
  return external(ownerSecretOf(name), { DATABASE_URL: databaseUrl(name, 'owner') });
}

/** Passwords of the roles, as CloudNativePG reads them; a change takes effect by itself. */
export function roleSecrets(): IExternalSecret[] {
  const roles = storedTiers().flatMap((tier) => databasesOf(tier).flatMap(({ owner, role }) => [owner, role]));
  return roles.map((role) => {
    const made = {
      username: { entries: [], template: role },
      password: one('password', { key: 'kreki/postgres', property: role }),
    };
    return external(passwordSecretOf(role), made, {
      type: 'kubernetes.io/basic-auth',
      labels: { 'cnpg.io/reload': 'true' },
    });
  });
}

/** Passwords of everybody who comes to NATS or Valkey, by user. */
export function serverSecrets(): IExternalSecret[] {
  const entry = (server: string, user: string) => one(`password_${user}`, { key: `kreki/${server}`, property: user });
  // Quoted, since NATS reads a variable as it reads its configuration, where some passwords would be numbers.
  const nats = [...serviceNames.filter(usesNats), OPERATOR].map((user) => {
    const { entries, template } = entry('nats', user);
    return [user, { entries, template: `"${template}"` }] as const;
  });
  const redis = [...redisUsers().map(({ name }) => name), 'default'].map(
    (user) => [user, entry('redis', user)] as const,
  );
  return [external('nats-users', Object.fromEntries(nats)), external('redis-users', Object.fromEntries(redis))];
}

/** Where backups go, and how one gets in. */
export const backupSecret = (): IExternalSecret =>
  external('backups', {
    ACCESS_KEY_ID: one('id', { key: 'kreki/backups', property: 'access-key-id' }),
    SECRET_ACCESS_KEY: one('key', { key: 'kreki/backups', property: 'secret-access-key' }),
  });

function madeOf(name: ProcessName, variable: string): Made {
  switch (variable) {
    case 'DATABASE_URL':
      return databaseUrl(name as ServiceName, 'role');
    case 'NATS_URL':
      return natsUrl(name);
    case 'REDIS_URL':
      return url(name, 'redis', `redis://${name}:{{ .password }}@valkey:6379`);
    default:
      return one(`value_${variable.toLowerCase()}`, { key: `kreki/${name}`, property: property(variable) });
  }
}

const natsUrl = (user: string): Made => url(user, 'nats', `nats://${user}:{{ .password }}@nats:4222`);

/** `WHATSAPP_APP_SECRET` → `whatsapp-app-secret`. */
const property = (variable: string): string => variable.toLowerCase().replaceAll('_', '-');

function url(user: string, server: string, template: string): Made {
  return {
    entries: [{ name: `${server}Password`, remote: { key: `kreki/${server}`, property: user } }],
    template: template.replace('.password', `.${server}Password`),
  };
}

function databaseUrl(name: ServiceName, as: 'owner' | 'role'): Made {
  const policy = databasePolicies().find(({ service }) => service === name);
  if (!policy) throw new Error(`${name} has no database`);
  const host = `${clusterOf(services[name].tier)}-rw`;
  return {
    entries: [{ name: 'databasePassword', remote: { key: 'kreki/postgres', property: policy[as] } }],
    template: `postgresql://${policy[as]}:{{ .databasePassword | urlquery }}@${host}:5432/${policy.database}?${databaseUrlOptions}`,
  };
}

function external(
  name: string,
  made: Readonly<Record<string, Made>>,
  about: { type?: string; labels?: Record<string, string> } = {},
): IExternalSecret {
  const entries = new Map(
    Object.values(made).flatMap(({ entries }) => entries.map((entry) => [entry.name, entry.remote])),
  );
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: metadata(name),
    spec: {
      refreshInterval: '15m',
      secretStoreRef: STORE,
      target: {
        name,
        template: {
          engineVersion: 'v2',
          ...(about.type && { type: about.type }),
          ...(about.labels && { metadata: { labels: about.labels } }),
          data: Object.fromEntries(Object.entries(made).map(([key, { template }]) => [key, template])),
        },
      },
      data: [...entries].map(([secretKey, remoteRef]) => ({ secretKey, remoteRef })),
    },
  };
}
