/** What a deployment adds to the base: its public names, its providers, its archive, its images and its size. */
import { readFileSync } from 'node:fs';
import { registry } from '../versions.ts';
import { storedTiers } from './databases.ts';
import type { Deployed } from './deployments.ts';
import { publicEdge } from './edge.ts';
import { wayTo } from './egress.ts';
import { clusterOf, DASHBOARD, metadata, NAMESPACE, processNames } from './names.ts';
import { backupSecret } from './secrets.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

export interface Kustomization {
  readonly apiVersion: 'kustomize.config.k8s.io/v1beta1';
  readonly kind: 'Kustomization';
  readonly namespace?: string;
  readonly resources: readonly string[];
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly configMapGenerator?: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly files?: readonly string[];
    readonly literals?: readonly string[];
  }[];
  readonly patches?: readonly { readonly target: Target; readonly patch: string }[];
}

interface Target {
  readonly group?: string;
  readonly kind: string;
  readonly name?: string;
}

/** Files of an overlay by name; what they list is beside them or in the base. */
export function overlay(deployed: Deployed): Record<string, readonly object[]> {
  const files = {
    'edge.yaml': publicEdge(deployed.publicNames),
    'mail.yaml': [wayTo('smtp', [deployed.notification.mailServer], 465)],
    'alerts.yaml': [wayTo('alerts', [deployed.alertHost], 443)],
    'backups.yaml': [backupSecret(), ...storedTiers().map((tier) => archive(clusterOf(tier), deployed))],
  };
  return { 'kustomization.yaml': [kustomization(deployed, Object.keys(files))], ...files };
}

function kustomization(deployed: Deployed, files: readonly string[]): Kustomization {
  const { fcmProject, whatsappPhoneNumber, mailFrom } = deployed.notification;
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['../../base', ...files],
    images: [...processNames, DASHBOARD].map((name) => ({
      name: `kreki/${name}`,
      newName: `${registry}/${name}`,
      newTag: version,
    })),
    configMapGenerator: [
      settings('gateway', { CORS_ORIGINS: deployed.corsOrigins.join(',') }),
      settings(DASHBOARD, { PROMETHEUS_URL: deployed.prometheusUrl }),
      settings('notification', {
        FCM_PROJECT_ID: fcmProject,
        WHATSAPP_PHONE_NUMBER_ID: whatsappPhoneNumber,
        MAIL_FROM: mailFrom,
      }),
    ],
    ...(deployed.size === 'small' && { patches: small() }),
  };
}

const settings = (name: string, values: Readonly<Record<string, string>>) => ({
  name: `${name}-settings`,
  namespace: NAMESPACE,
  literals: Object.entries(values).map(([variable, value]) => `${variable}=${value}`),
});

interface ObjectStore {
  readonly apiVersion: 'barmancloud.cnpg.io/v1';
  readonly kind: 'ObjectStore';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly retentionPolicy: string;
    readonly configuration: {
      readonly destinationPath: string;
      readonly endpointURL: string;
      readonly s3Credentials: Readonly<
        Record<'accessKeyId' | 'secretAccessKey', { readonly name: string; readonly key: string }>
      >;
      readonly wal: { readonly compression: 'gzip'; readonly encryption: 'AES256' };
      readonly data: { readonly compression: 'gzip'; readonly encryption: 'AES256' };
    };
  };
}

function archive(cluster: string, { backups }: Deployed): ObjectStore {
  const stored = { compression: 'gzip', encryption: 'AES256' } as const;
  return {
    apiVersion: 'barmancloud.cnpg.io/v1',
    kind: 'ObjectStore',
    metadata: { ...metadata(cluster) },
    spec: {
      retentionPolicy: backups.keep,
      configuration: {
        destinationPath: backups.destination,
        endpointURL: backups.endpoint,
        s3Credentials: {
          accessKeyId: { name: 'backups', key: 'ACCESS_KEY_ID' },
          secretAccessKey: { name: 'backups', key: 'SECRET_ACCESS_KEY' },
        },
        wal: stored,
        data: stored,
      },
    },
  };
}

/** One or two replicas of each process, and one of each database. */
function small(): NonNullable<Kustomization['patches']> {
  const steps = (...operations: readonly object[]) => operations.map((each) => `- ${JSON.stringify(each)}\n`).join('');
  const resources = { requests: { cpu: '250m', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } };
  return [
    {
      target: { group: 'autoscaling', kind: 'HorizontalPodAutoscaler' },
      patch: steps(
        { op: 'replace', path: '/spec/minReplicas', value: 1 },
        { op: 'replace', path: '/spec/maxReplicas', value: 2 },
      ),
    },
    {
      target: { group: 'postgresql.cnpg.io', kind: 'Cluster' },
      patch: steps(
        { op: 'replace', path: '/spec/instances', value: 1 },
        { op: 'remove', path: '/spec/postgresql/synchronous' },
        { op: 'replace', path: '/spec/resources', value: resources },
        { op: 'replace', path: '/spec/postgresql/parameters/shared_buffers', value: '256MB' },
      ),
    },
  ];
}
