/** Which pods may open connections to which, as the cluster's network enforces it: a second wall behind the proxies' policy. */
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { INetworkPolicyEgressRule } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyEgressRule';
import type { INetworkPolicyIngressRule } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyIngressRule';
import { usesNats } from '../../policy/nats.ts';
import { type Calls, gateway, type Provider, type ServiceName, serviceNames, services } from '../../topology.ts';
import { clusterOf, DASHBOARD, metadata, PROXY_ADMIN, PROXY_INBOUND, type ProcessName, selectorOf } from './names.ts';
import { EDGE_NAMESPACE, edgePorts } from './policy.ts';

type Peer = NonNullable<INetworkPolicyEgressRule['to']>[number];

export const pods = (matchLabels: Record<string, string>): Peer => ({ podSelector: { matchLabels } });
export const namespace = (name: string): Peer => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});
export const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP' as const, port }));

/** A meshed port is reached by itself, or through the port at which proxies take each other's connections. */
export const meshed = (...ports: number[]) => tcp(...ports, PROXY_INBOUND);

/** Where a cache of names answers on each node, in clusters that have one. */
const NODE_LOCAL_DNS: Peer = { ipBlock: { cidr: '169.254.20.10/32' } };

/** Addresses outside: no pod, no node, no cloud's metadata service. */
export const OUTSIDE: Peer = {
  ipBlock: {
    cidr: '0.0.0.0/0',
    except: ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  },
};

const providerPorts: Readonly<Record<Provider, number>> = { fcm: 443, whatsapp: 443, smtp: 465 };

export const natsPods = pods(selectorOf('nats'));
export const valkeyPods = pods(selectorOf('valkey'));
export const clusterPods = (cluster: string) => pods({ 'cnpg.io/cluster': cluster });

/** Nothing comes in or goes out but what other policies allow; names can be looked up, and proxies reach their control plane. */
export function commonNetwork(): INetworkPolicy[] {
  const everyone = { podSelector: {} };
  return [
    policy('default-deny', { ...everyone, policyTypes: ['Ingress', 'Egress'] }),
    policy('names-and-control-plane', {
      ...everyone,
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ ...namespace('kube-system'), ...pods({ 'k8s-app': 'kube-dns' }) }, NODE_LOCAL_DNS],
          ports: [{ protocol: 'UDP', port: 53 }, ...tcp(53)],
        },
        { to: [namespace('linkerd')] },
      ],
    }),
    policy('proxy-metrics', {
      ...everyone,
      policyTypes: ['Ingress'],
      ingress: [{ from: [namespace('monitoring'), namespace('linkerd-viz')], ports: tcp(PROXY_ADMIN) }],
    }),
  ];
}

export function networkOf(name: ProcessName): INetworkPolicy[] {
  return [
    policy(name, {
      podSelector: { matchLabels: selectorOf(name) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: name === 'gateway' ? fromThePublic() : fromCallers(name),
      egress: [...toCalled(name), ...toStores(name), { to: [pods(selectorOf('collector'))], ports: meshed(4318) }],
    }),
  ];
}

const fromThePublic = (): INetworkPolicyIngressRule[] => [
  { from: [namespace(EDGE_NAMESPACE)], ports: meshed(edgePorts.http, edgePorts.grpc) },
  { from: [pods(selectorOf(DASHBOARD))], ports: meshed(edgePorts.http) },
];

function fromCallers(name: ServiceName): INetworkPolicyIngressRule[] {
  const callers: ProcessName[] = [
    ...serviceNames.filter((caller) => services[caller].calls[name]),
    ...((gateway.calls as Calls)[name] ? (['gateway'] as const) : []),
  ];
  // The dashboard asks each for its health.
  const from = [...callers, DASHBOARD].map((caller) => pods(selectorOf(caller)));
  return [{ from, ports: meshed(services[name].port) }];
}

function toCalled(name: ProcessName): INetworkPolicyEgressRule[] {
  const calls: Calls = name === 'gateway' ? gateway.calls : services[name].calls;
  return serviceNames
    .filter((called) => calls[called])
    .map((called) => ({ to: [pods(selectorOf(called))], ports: meshed(services[called].port) }));
}

function toStores(name: ProcessName): INetworkPolicyEgressRule[] {
  if (name === 'gateway') return [{ to: [valkeyPods], ports: meshed(6379) }];
  const { stores, tier, providers = [] } = services[name];
  const outside = [...new Set(providers.map((provider) => providerPorts[provider]))];
  return [
    ...(stores.postgres ? [{ to: [clusterPods(clusterOf(tier))], ports: tcp(5432) }] : []),
    ...(usesNats(name) ? [{ to: [natsPods], ports: meshed(4222) }] : []),
    ...(stores.redis ? [{ to: [valkeyPods], ports: meshed(6379) }] : []),
    ...(outside.length > 0 ? [{ to: [OUTSIDE], ports: tcp(...outside) }] : []),
  ];
}

export function policy(name: string, spec: NonNullable<INetworkPolicy['spec']>): INetworkPolicy {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: metadata(name), spec };
}
