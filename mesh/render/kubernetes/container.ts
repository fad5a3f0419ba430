/** What the containers of a process have in common, be it that they run it or that they migrate its database. */
import type { IContainer } from 'kubernetes-models/v1/Container';
import { services } from '../../topology.ts';
import { gatewaySettings, type Settings, secretFiles, serviceSettings } from '../settings.ts';
import type { DASHBOARD, ProcessName } from './names.ts';
import { deploymentSettings, kubernetesPlace, SECRETS } from './place.ts';

export const settingsOf = (name: ProcessName): Settings =>
  name === 'gateway' ? gatewaySettings(kubernetesPlace) : serviceSettings(name, kubernetesPlace);

/** As whom the pods of the mesh and of NATS run. */
export const UNPRIVILEGED = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  fsGroup: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

export const HARDENED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

export function mounts(name: ProcessName): { name: string; mountPath: string; readOnly?: boolean }[] {
  const stores = name === 'gateway' ? undefined : services[name].stores.postgres;
  return [
    { name: 'tmp', mountPath: '/tmp' },
    { name: 'secrets', mountPath: SECRETS, readOnly: true },
    ...(stores ? [{ name: 'postgres-ca', mountPath: '/etc/kreki/postgres', readOnly: true }] : []),
  ];
}

export function environment(name: ProcessName): NonNullable<IContainer['env']> {
  const { values, secrets } = settingsOf(name);
  const plain = Object.entries({ ...values, ...secretFiles(secrets, kubernetesPlace) });
  const publishes = name !== 'gateway' && (services[name].publishes || services[name].consumes.length > 0);
  return [
    ...plain.map(([variable, value]) => ({ name: variable, value })),
    { name: 'MESH_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    ...(publishes ? [{ name: 'NATS_REPLICAS', value: '3' }] : []),
    ...(name === 'gateway'
      ? [
          { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          // Who connects is the proxy in the same pod, and it takes connections of the public's proxy alone.
          { name: 'TRUSTED_PROXIES', value: '127.0.0.1,::1,$(POD_IP)' },
        ]
      : []),
  ];
}

/** Variables that the overlay of a deployment sets. */
export const settingsFromDeployment = (name: ProcessName | typeof DASHBOARD): Pick<IContainer, 'envFrom'> =>
  deploymentSettings[name] ? { envFrom: [{ configMapRef: { name: `${name}-settings` } }] } : {};

/** What it waits for keeps calls away from it; only a process that answers nothing any more is started anew. */
export function grpcProbes(port: number): Pick<IContainer, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  return {
    startupProbe: { grpc: { port, service: 'liveness' }, periodSeconds: 2, failureThreshold: 60 },
    readinessProbe: { grpc: { port }, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
    livenessProbe: { grpc: { port, service: 'liveness' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}

export const httpProbes: Pick<IContainer, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> = {
  startupProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 2, failureThreshold: 60 },
  readinessProbe: {
    httpGet: { path: '/readyz', port: 'http' },
    periodSeconds: 5,
    timeoutSeconds: 3,
    failureThreshold: 2,
  },
  livenessProbe: {
    httpGet: { path: '/healthz', port: 'http' },
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 6,
  },
};
