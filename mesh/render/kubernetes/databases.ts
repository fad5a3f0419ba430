/** PostgreSQL by CloudNativePG: a cluster for each tier, so that what happens to the lower ones cannot reach a press of the button. */
import type { ICluster } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster';
import type { IDatabase } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Database';
import type { IScheduledBackup } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/ScheduledBackup';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { type DatabasePolicy, databasePolicies } from '../../policy/postgres.ts';
import { hostingOf, type ServiceName, services, type Tier, tiers } from '../../topology.ts';
import { images } from '../versions.ts';
import { explained } from '../yaml.ts';
import { clusterOf, metadata, SITE, selectorOf } from './names.ts';
import { namespace, pods, policy, tcp } from './network.ts';

export const BARMAN = 'barman-cloud.cloudnative-pg.io';

/** Tiers that store anything. */
export const storedTiers = (): Tier[] => ([1, 2, 3] as const).filter((tier) => databasesOf(tier).length > 0);

export function databasesOf(tier: Tier): DatabasePolicy[] {
  const names = databasePolicies()
    .map(({ service }) => service)
    .filter((service) => services[service].tier === tier);
  return names.map(policyOf);
}

/** With connections for as many replicas as there may be. */
function policyOf(name: ServiceName): DatabasePolicy {
  const found = databasePolicies(hostingOf(name).replicas[1]).find(({ service }) => service === name);
  if (!found) throw new Error(`${name} has no database`);
  return found;
}

/** The file of a tier. */
export function databases(tier: Tier): object[] {
  return [cluster(tier), ...databasesOf(tier).map((each) => database(each, tier)), backup(tier), network(tier)];
}

export const passwordSecretOf = (role: string): string => `postgres-${role.replaceAll('_', '-')}`;

interface Size {
  /** CPUs that are kept for an instance, and that it may use where they are idle. */
  readonly cpu: readonly [least: string, most: string];
  readonly memory: string;
  readonly buffers: string;
  readonly data: string;
  readonly wal: string;
}

const SIZES: Readonly<Record<Tier, Size>> = {
  1: { cpu: ['1', '2'], memory: '4Gi', buffers: '1GB', data: '50Gi', wal: '20Gi' },
  2: { cpu: ['500m', '2'], memory: '2Gi', buffers: '512MB', data: '50Gi', wal: '20Gi' },
  3: { cpu: ['250m', '1'], memory: '1Gi', buffers: '256MB', data: '20Gi', wal: '10Gi' },
};

function cluster(tier: Tier): ICluster {
  const { cpu, memory, buffers, data, wal } = SIZES[tier];
  const policies = databasesOf(tier);
  const connections = policies.reduce((sum, each) => sum + each.connectionLimit, 50);
  // A service of this tier that has to run at a premium site keeps its data there.
  const premium =
    tiers[tier].site === 'premium' || policies.some(({ service }) => hostingOf(service).site === 'premium');
  return {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Cluster',
    metadata: metadata(clusterOf(tier)),
    spec: {
      instances: 3,
      imageName: images.cluster,
      enableSuperuserAccess: false,
      primaryUpdateStrategy: 'unsupervised',
      primaryUpdateMethod: 'switchover',
      priorityClassName: `kreki-tier-${tier}`,
      // Its instances speak TLS of their own, and a failover must not wait for proxies.
      inheritedMetadata: { annotations: { 'linkerd.io/inject': 'disabled' } },
      affinity: {
        enablePodAntiAffinity: true,
        podAntiAffinityType: 'required',
        topologyKey: 'kubernetes.io/hostname',
        ...(premium && { nodeSelector: { [SITE]: 'premium' } }),
      },
      bootstrap: {
        initdb: {
          database: 'kreki',
          owner: 'kreki',
          encoding: 'UTF8',
          localeCollate: 'C.UTF-8',
          localeCType: 'C.UTF-8',
          dataChecksums: true,
        },
      },
      storage: { size: data },
      walStorage: { size: wal },
      resources: { requests: { cpu: cpu[0], memory }, limits: { cpu: cpu[1], memory } },
      postgresql: {
        synchronous: explained(
          { method: 'any' as const, number: 1, dataDurability: 'required' as const },
          {
            method:
              'What was acknowledged is on two machines; with one of three lost, writing goes on, with two it waits.',
          },
        ),
        parameters: {
          max_connections: String(connections),
          shared_buffers: buffers,
          archive_timeout: '60s',
          idle_in_transaction_session_timeout: '60s',
          password_encryption: 'scram-sha-256',
          timezone: 'UTC',
        },
      },
      managed: {
        roles: policies.flatMap(({ owner, role, connectionLimit }) => [
          { name: owner, ensure: 'present' as const, login: true, passwordSecret: { name: passwordSecretOf(owner) } },
          {
            name: role,
            ensure: 'present' as const,
            login: true,
            connectionLimit,
            passwordSecret: { name: passwordSecretOf(role) },
          },
        ]),
      },
      plugins: [{ name: BARMAN, isWALArchiver: true, parameters: { barmanObjectName: clusterOf(tier) } }],
      monitoring: { enablePodMonitor: false },
    },
  };
}

function database({ service, database: name, owner, extensions }: DatabasePolicy, tier: Tier): IDatabase {
  return {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Database',
    metadata: metadata(`${clusterOf(tier)}-${service}`),
    spec: {
      name,
      owner,
      cluster: { name: clusterOf(tier) },
      // Removing the manifest removes nothing.
      databaseReclaimPolicy: 'retain',
      ...(extensions.length > 0 && {
        extensions: extensions.map((extension) => ({ name: extension, ensure: 'present' as const })),
      }),
    },
  };
}

/** Every night at two in Jakarta; in between the archive of the write-ahead log takes every change within a minute. */
function backup(tier: Tier): IScheduledBackup {
  return {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'ScheduledBackup',
    metadata: metadata(clusterOf(tier)),
    spec: {
      schedule: '0 0 19 * * *',
      immediate: true,
      backupOwnerReference: 'self',
      target: 'prefer-standby',
      cluster: { name: clusterOf(tier) },
      method: 'plugin',
      pluginConfiguration: { name: BARMAN },
    },
  };
}

function network(tier: Tier) {
  // Also those of a cluster that is restored beside it from its backups.
  const podSelector: NonNullable<INetworkPolicy['spec']>['podSelector'] = {
    matchExpressions: [
      { key: 'cnpg.io/cluster', operator: 'In', values: [clusterOf(tier), `${clusterOf(tier)}-restored`] },
    ],
  };
  const own = { podSelector };
  const clients = databasesOf(tier).map(({ service }) => pods(selectorOf(service)));
  return policy(clusterOf(tier), {
    podSelector,
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [...clients, own], ports: tcp(5432) },
      // The operator asks each instance how it is, and so do the instances each other.
      { from: [namespace('cnpg-system'), own], ports: tcp(8000) },
      { from: [namespace('monitoring')], ports: tcp(9187) },
    ],
    egress: [
      { to: [own], ports: tcp(5432, 8000) },
      // The archive of backups, and Kubernetes, wherever its API is: instances follow their own cluster there.
      { ports: tcp(443, 6443) },
    ],
  });
}
