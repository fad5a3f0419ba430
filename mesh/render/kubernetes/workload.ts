/** A process as Kubernetes runs it: account, service, deployment, how many of it there are, and how few there may be. */
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { IService } from 'kubernetes-models/v1/Service';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { gateway, hostingOf, services } from '../../topology.ts';
import { explained } from '../yaml.ts';
import {
  environment,
  grpcProbes,
  HARDENED,
  httpProbes,
  mounts,
  settingsFromDeployment,
  UNPRIVILEGED,
} from './container.ts';
import { migrationContainers, migrationVolumes } from './migrations.ts';
import { labelsOf, metadata, type ProcessName, SITE, selectorOf, tierOf } from './names.ts';

/** At rest a process takes 140–230 MB, under load up to 290 MB; each runs its JavaScript on one core. */
const RESOURCES = {
  critical: { requests: { cpu: '500m', memory: '320Mi' }, limits: { cpu: '2', memory: '768Mi' } },
  other: { requests: { cpu: '200m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } },
};

/** So long a pod still gets calls after it was asked to stop, until every proxy knows; then the process has 15 seconds. */
const HEARD_EVERYWHERE_S = 5;
const GRACE_S = 30;

export function workload(name: ProcessName): object[] {
  return [serviceAccount(name), service(name), deployment(name), disruptionBudget(name), autoscaler(name)];
}

/** A process is who its service account says; it needs nothing of Kubernetes itself. */
export function serviceAccount(name: string): IServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(name, { labels: labelsOf(name) }),
    automountServiceAccountToken: false,
  };
}

function service(name: ProcessName): IService {
  const grpc = (port: number) => ({ name: 'grpc', port, targetPort: 'grpc', appProtocol: 'kubernetes.io/h2c' });
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, { labels: labelsOf(name) }),
    spec: {
      // With an address of its own: Linkerd spreads requests over what is behind it, which it cannot for a headless one.
      type: 'ClusterIP',
      selector: selectorOf(name),
      ports:
        name === 'gateway'
          ? [{ name: 'http', port: gateway.httpPort, targetPort: 'http', appProtocol: 'http' }, grpc(gateway.h2cPort)]
          : [grpc(services[name].port)],
    },
  };
}

function deployment(name: ProcessName): IDeployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name, { labels: labelsOf(name) }),
    spec: explained(
      {
        revisionHistoryLimit: 5,
        minReadySeconds: 5,
        strategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        selector: { matchLabels: selectorOf(name) },
        template: { metadata: { labels: labelsOf(name) }, spec: podSpec(name) },
      },
      { revisionHistoryLimit: 'How many replicas: the HorizontalPodAutoscaler says.' },
    ),
  };
}

function podSpec(name: ProcessName): IPodSpec {
  const { site, replicas } = hostingOf(name);
  const migrates = name !== 'gateway' && services[name].stores.postgres !== undefined;
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: `kreki-tier-${tierOf(name)}`,
    terminationGracePeriodSeconds: GRACE_S,
    ...placement(site),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: replicas[0] > 2 ? 'DoNotSchedule' : 'ScheduleAnyway',
        labelSelector: { matchLabels: selectorOf(name) },
        matchLabelKeys: ['pod-template-hash'],
      },
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selectorOf(name) },
        matchLabelKeys: ['pod-template-hash'],
      },
    ],
    securityContext: UNPRIVILEGED,
    ...(migrates && { initContainers: migrationContainers(name) }),
    containers: [container(name)],
    volumes: [
      { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      { name: 'secrets', secret: { secretName: name, defaultMode: 0o440 } },
      ...(migrates ? migrationVolumes(name) : []),
    ],
  };
}

/** Tiers 1 and 2 run only at a provider that guarantees to be up; tier 3 rather on KREKI's own machines, and elsewhere when these are away. */
function placement(site: 'premium' | 'any'): Pick<IPodSpec, 'nodeSelector' | 'affinity'> {
  if (site === 'premium') return { nodeSelector: { [SITE]: 'premium' } };
  const own = { matchExpressions: [{ key: SITE, operator: 'In' as const, values: ['own'] }] };
  return {
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: own }] } },
  };
}

function container(name: ProcessName): IContainer {
  const probes = name === 'gateway' ? httpProbes : grpcProbes(services[name].port);
  return {
    name,
    image: `kreki/${name}`,
    ports:
      name === 'gateway'
        ? [
            { name: 'http', containerPort: gateway.httpPort },
            { name: 'grpc', containerPort: gateway.h2cPort },
          ]
        : [{ name: 'grpc', containerPort: services[name].port }],
    env: environment(name),
    ...settingsFromDeployment(name),
    resources: hostingOf(name).replicas[0] > 2 ? RESOURCES.critical : RESOURCES.other,
    securityContext: HARDENED,
    ...probes,
    lifecycle: { preStop: { sleep: { seconds: HEARD_EVERYWHERE_S } } },
    volumeMounts: mounts(name),
  };
}

function disruptionBudget(name: ProcessName): IPodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(name, { labels: labelsOf(name) }),
    spec: {
      maxUnavailable: 1,
      // A pod that is not ready anyway holds up no node that has to be emptied.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorOf(name) },
    },
  };
}

function autoscaler(name: ProcessName): IHorizontalPodAutoscaler {
  const [least, most] = hostingOf(name).replicas;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadata(name, { labels: labelsOf(name) }),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: least,
      maxReplicas: most,
      metrics: [
        {
          type: 'ContainerResource',
          containerResource: { name: 'cpu', container: name, target: { type: 'Utilization', averageUtilization: 60 } },
        },
      ],
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
        scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      },
    },
  };
}
