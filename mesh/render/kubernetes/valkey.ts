/** Redis' place is taken by Valkey, by its own chart: one server that keeps what it holds on a volume; and who may reach it. */
import { redisUsers } from '../../policy/redis.ts';
import { PROXY_INBOUND, SITE, selectorOf } from './names.ts';
import { pods, policy, tcp } from './network.ts';
import { portFor } from './policy.ts';

const PORT = 6379;

export function valkeyValues(): object {
  const users = redisUsers().map(({ name, rules }) => [name, { permissions: rules.join(' ') }] as const);
  return {
    fullnameOverride: 'valkey',
    auth: {
      enabled: true,
      usersExistingSecret: 'redis-users',
      // The chart wants this user; nobody is given its password, and Valkey replays its own file in its name.
      aclUsers: { default: { permissions: '~* &* +@all' }, ...Object.fromEntries(users) },
    },
    persistence: { enabled: true, size: '4Gi' },
    extraConfig: ['appendonly yes', 'save ""', 'maxmemory 512mb', 'maxmemory-policy noeviction', ''].join('\n'),
    resources: { requests: { cpu: '200m', memory: '768Mi' }, limits: { cpu: '1', memory: '768Mi' } },
    serviceAccount: { create: true, name: 'valkey', automount: false },
    podAnnotations: { 'linkerd.io/inject': 'enabled', 'config.linkerd.io/opaque-ports': String(PORT) },
    priorityClassName: 'kreki-tier-1',
    nodeSelector: { [SITE]: 'premium' },
  };
}

export function valkeyAccess(): object[] {
  const matchLabels = selectorOf('valkey');
  const users = redisUsers().map(({ name }) => name);
  return [
    ...portFor({ name: 'valkey', matchLabels, port: PORT, proxyProtocol: 'opaque' }, users),
    policy('valkey', {
      podSelector: { matchLabels },
      policyTypes: ['Ingress'],
      ingress: [{ from: users.map((user) => pods(selectorOf(user))), ports: tcp(PORT, PROXY_INBOUND) }],
    }),
  ];
}
