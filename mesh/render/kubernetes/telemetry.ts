/** The collector of traces, metrics and logs. */
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IService } from 'kubernetes-models/v1/Service';
import { dashboard } from '../../topology.ts';
import { collectorConfiguration } from '../compose/configurations.ts';
import { images } from '../versions.ts';
import { HARDENED } from './container.ts';
import { DASHBOARD, labelsOf, metadata, processNames, selectorOf } from './names.ts';
import { meshed, namespace, pods, policy, tcp } from './network.ts';
import { ANYWHERE, authorization, portFor, serverOf } from './policy.ts';
import { serviceAccount } from './workload.ts';

export const COLLECTOR = 'collector';
const PORTS = { otlp: 4318, metrics: 9464, health: 13_133 } as const;

/** As in containers, and asked for its health. */
export const collectorFile = {
  ...collectorConfiguration,
  extensions: { health_check: { endpoint: `0.0.0.0:${PORTS.health}` } },
  service: { ...collectorConfiguration.service, extensions: ['health_check'] },
};

export function telemetry(): object[] {
  const matchLabels = selectorOf(COLLECTOR);
  const metrics = serverOf({ name: 'collector-metrics', matchLabels, port: 'metrics', proxyProtocol: 'HTTP/1' });
  return [
    serviceAccount(COLLECTOR),
    service(),
    deployment(),
    ...portFor({ name: COLLECTOR, matchLabels, port: 'otlp', proxyProtocol: 'HTTP/1' }, processNames),
    metrics,
    authorization(
      'collector-metrics',
      { group: 'policy.linkerd.io', kind: 'Server', name: 'collector-metrics' },
      'NetworkAuthentication',
      ANYWHERE,
    ),
    policy(COLLECTOR, {
      podSelector: { matchLabels },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: processNames.map((name) => pods(selectorOf(name))), ports: meshed(PORTS.otlp) },
        { from: [namespace('monitoring')], ports: tcp(PORTS.metrics) },
      ],
      egress: [{ to: [pods(selectorOf(DASHBOARD))], ports: meshed(dashboard.otlpHttpPort) }],
    }),
  ];
}

function service(): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(COLLECTOR, { labels: labelsOf(COLLECTOR) }),
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(COLLECTOR),
      ports: [
        { name: 'otlp', port: PORTS.otlp, targetPort: 'otlp', appProtocol: 'http' },
        { name: 'metrics', port: PORTS.metrics, targetPort: 'metrics', appProtocol: 'http' },
      ],
    },
  };
}

/** One is enough: what is lost while it starts again is telemetry. */
function deployment(): IDeployment {
  const probe = { httpGet: { path: '/', port: 'health' }, periodSeconds: 10 };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(COLLECTOR, { labels: labelsOf(COLLECTOR) }),
    spec: {
      replicas: 1,
      selector: { matchLabels: selectorOf(COLLECTOR) },
      template: {
        metadata: { labels: labelsOf(COLLECTOR) },
        spec: {
          serviceAccountName: COLLECTOR,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          priorityClassName: 'kreki-tier-3',
          securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: COLLECTOR,
              image: images.collector,
              args: ['--config=/etc/collector/otel-collector.yaml'],
              ports: [
                { name: 'otlp', containerPort: PORTS.otlp },
                { name: 'metrics', containerPort: PORTS.metrics },
                { name: 'health', containerPort: PORTS.health },
              ],
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
              securityContext: HARDENED,
              readinessProbe: probe,
              livenessProbe: probe,
              volumeMounts: [{ name: 'configuration', mountPath: '/etc/collector', readOnly: true }],
            },
          ],
          volumes: [{ name: 'configuration', configMap: { name: 'collector' } }],
        },
      },
    },
  };
}
