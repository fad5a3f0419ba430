/** NATS by its own chart: three servers that keep every stream thrice and on disk before they say so; and who may reach them. */
import { natsUsers } from '../../policy/nats.ts';
import { images } from '../versions.ts';
import { explained } from '../yaml.ts';
import { UNPRIVILEGED } from './container.ts';
import { DASHBOARD, PROXY_INBOUND, SITE, selectorOf } from './names.ts';
import { natsPods, pods, policy, tcp } from './network.ts';
import { portFor, serverOf } from './policy.ts';

const PORTS = { client: 4222, cluster: 6222, monitor: 8222 } as const;

/** The chart writes what stands between << and >> without quotes: variables of the server's environment, and sizes. */
const bare = (text: string) => `<< ${text} >>`;

/** A variable that holds a user's password. */
const variable = (user: string) => `${user.toUpperCase()}_PASSWORD`;

export function natsValues(): object {
  const users = natsUsers();
  const [repository = '', tag = ''] = images.nats.split(':');
  return {
    config: {
      cluster: { enabled: true, replicas: 3 },
      jetstream: explained(
        {
          enabled: true,
          fileStore: { enabled: true, dir: '/data', pvc: { enabled: true, size: '20Gi' } },
          memoryStore: { enabled: false },
          merge: { sync_interval: bare('always') },
        },
        {
          merge:
            'An acknowledged message is on the disk of two servers: what the default would lose with the power of all is kept.',
        },
      ),
      monitor: { enabled: true, port: PORTS.monitor },
      merge: {
        max_payload: bare('1MB'),
        authorization: {
          users: users.map(({ name, publish, subscribe }) => ({
            user: name,
            password: bare(`$${variable(name)}`),
            permissions: { publish: { allow: publish }, subscribe: { allow: subscribe } },
          })),
        },
      },
    },
    container: {
      image: { repository, tag },
      env: {
        GOMEMLIMIT: '900MiB',
        ...Object.fromEntries(
          users.map(({ name }) => [variable(name), { valueFrom: { secretKeyRef: { name: 'nats-users', key: name } } }]),
        ),
      },
      merge: {
        resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    },
    reloader: {
      enabled: true,
      merge: { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
    },
    natsBox: { enabled: false },
    podDisruptionBudget: { enabled: true, merge: { spec: { maxUnavailable: 1 } } },
    serviceAccount: { enabled: true, name: 'nats' },
    podTemplate: {
      topologySpreadConstraints: {
        'kubernetes.io/hostname': { maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
        'topology.kubernetes.io/zone': { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
      },
      merge: {
        metadata: {
          annotations: {
            'linkerd.io/inject': 'enabled',
            'config.linkerd.io/opaque-ports': Object.values(PORTS).join(','),
          },
        },
        spec: {
          priorityClassName: 'kreki-tier-1',
          nodeSelector: { [SITE]: 'premium' },
          securityContext: UNPRIVILEGED,
        },
      },
    },
  };
}

export function natsAccess(): object[] {
  const matchLabels = selectorOf('nats');
  // The operator's tools, one of which is the dashboard.
  const users = [...natsUsers().map(({ name }) => name), DASHBOARD];
  return [
    ...portFor({ name: 'nats', matchLabels, port: PORTS.client, proxyProtocol: 'opaque' }, users),
    ...portFor({ name: 'nats-cluster', matchLabels, port: PORTS.cluster, proxyProtocol: 'opaque' }, ['nats']),
    // Stands above the annotation, so that the kubelet's question for health is understood as one and let through.
    serverOf({ name: 'nats-monitor', matchLabels, port: PORTS.monitor, proxyProtocol: 'HTTP/1' }),
    policy('nats', {
      podSelector: { matchLabels },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: users.map((user) => pods(selectorOf(user))), ports: tcp(PORTS.client, PROXY_INBOUND) },
        { from: [natsPods], ports: tcp(PORTS.cluster, PROXY_INBOUND) },
      ],
      egress: [{ to: [natsPods], ports: tcp(PORTS.cluster, PROXY_INBOUND) }],
    }),
  ];
}
