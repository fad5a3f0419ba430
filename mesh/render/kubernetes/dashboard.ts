/** The dashboard: it takes everybody's telemetry from the collector, and is seen through `kubectl port-forward`. */
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import type { IService } from 'kubernetes-models/v1/Service';
import { dashboard, gateway, serviceNames, services } from '../../topology.ts';
import { dashboardSettings, STATE, secretFiles } from '../settings.ts';
import { HARDENED, settingsFromDeployment, UNPRIVILEGED } from './container.ts';
import { DASHBOARD, labelsOf, metadata, selectorOf } from './names.ts';
import { meshed, namespace, natsPods, OUTSIDE, pods, policy, tcp } from './network.ts';
import { kubernetesPlace, SECRETS } from './place.ts';
import { portFor, serverOf } from './policy.ts';
import { dashboardSecret } from './secrets.ts';
import { COLLECTOR } from './telemetry.ts';
import { serviceAccount } from './workload.ts';

export function dashboardManifests(): object[] {
  const matchLabels = selectorOf(DASHBOARD);
  return [
    serviceAccount(DASHBOARD),
    dashboardSecret(DASHBOARD),
    volume(),
    service(),
    deployment(),
    // Nobody in the mesh opens the page.
    serverOf({ name: DASHBOARD, matchLabels, port: 'http', proxyProtocol: 'HTTP/1' }),
    ...portFor({ name: 'dashboard-otlp', matchLabels, port: 'otlp', proxyProtocol: 'HTTP/1' }, [COLLECTOR]),
    policy(DASHBOARD, {
      podSelector: { matchLabels },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [pods(selectorOf(COLLECTOR))], ports: meshed(dashboard.otlpHttpPort) }],
      egress: [
        { to: [pods(selectorOf('gateway'))], ports: meshed(gateway.httpPort) },
        ...serviceNames.map((name) => ({ to: [pods(selectorOf(name))], ports: meshed(services[name].port) })),
        { to: [natsPods], ports: meshed(4222) },
        { to: [namespace('monitoring')], ports: tcp(9090) },
        // Where alerts are posted.
        { to: [OUTSIDE], ports: tcp(443) },
      ],
    }),
  ];
}

function service(): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(DASHBOARD, { labels: labelsOf(DASHBOARD) }),
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(DASHBOARD),
      ports: [
        { name: 'http', port: dashboard.httpPort, targetPort: 'http', appProtocol: 'http' },
        { name: 'otlp', port: dashboard.otlpHttpPort, targetPort: 'otlp', appProtocol: 'http' },
      ],
    },
  };
}

/** What objectives counted, so that budgets go on over a restart. */
function volume(): IPersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(DASHBOARD, { labels: labelsOf(DASHBOARD) }),
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
}

function deployment(): IDeployment {
  const { values, secrets } = dashboardSettings(kubernetesPlace);
  const variables = Object.entries({ ...values, ...secretFiles(secrets, kubernetesPlace) });
  const probe = { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 10, timeoutSeconds: 5 };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(DASHBOARD, { labels: labelsOf(DASHBOARD) }),
    spec: {
      // The last hour is in the memory of one, and its volume is one pod's.
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selectorOf(DASHBOARD) },
      template: {
        metadata: { labels: labelsOf(DASHBOARD) },
        spec: {
          serviceAccountName: DASHBOARD,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          priorityClassName: 'kreki-tier-3',
          securityContext: UNPRIVILEGED,
          containers: [
            {
              name: DASHBOARD,
              image: `kreki/${DASHBOARD}`,
              ports: [
                { name: 'http', containerPort: dashboard.httpPort },
                { name: 'otlp', containerPort: dashboard.otlpHttpPort },
              ],
              ...settingsFromDeployment(DASHBOARD),
              env: variables.map(([name, value]) => ({ name, value })),
              resources: { requests: { cpu: '200m', memory: '384Mi' }, limits: { cpu: '2', memory: '768Mi' } },
              securityContext: HARDENED,
              startupProbe: { ...probe, periodSeconds: 2, failureThreshold: 60 },
              readinessProbe: probe,
              livenessProbe: { ...probe, failureThreshold: 6 },
              volumeMounts: [
                { name: 'tmp', mountPath: '/tmp' },
                { name: 'state', mountPath: STATE },
                { name: 'secrets', mountPath: SECRETS, readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
            { name: 'state', persistentVolumeClaim: { claimName: DASHBOARD } },
            { name: 'secrets', secret: { secretName: DASHBOARD, defaultMode: 0o440 } },
          ],
        },
      },
    },
  };
}
