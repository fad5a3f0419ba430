/** Who may call whom, as Linkerd's proxies enforce it: the topology's calls, and nothing else. */
import type { IGRPCRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/GRPCRoute';
import { type CallerName, callersOf, gateway, type ServiceName, services } from '../../topology.ts';
import type {
  AuthorizationPolicy,
  LinkerdServer,
  MeshTLSAuthentication,
  NetworkAuthentication,
} from './linkerd-types.ts';
import { DASHBOARD, kebab, metadata, type ProcessName, selectorOf } from './names.ts';

const POLICY = 'policy.linkerd.io';
const GATEWAY_API = 'gateway.networking.k8s.io';

/** Everybody, for what says nothing to anybody: the kubelet asks for health from whatever address a node has. */
export const ANYWHERE = 'anywhere';

/** Where the public's proxy runs. */
export const EDGE_NAMESPACE = 'envoy-gateway-system';

export function policyOf(name: ServiceName): object[] {
  const called = services[name].serves.flatMap((typeName) => {
    const callers = callersOf(name, typeName);
    return callers.length > 0 ? allowed(name, typeName, callers) : [];
  });
  return [server(name, 'grpc', 'gRPC'), ...called, ...healthOf(name)];
}

/** One Protobuf service: a route that is its RPCs, and who may take it. */
function allowed(name: ServiceName, typeName: string, callers: readonly CallerName[]): object[] {
  const id = `${name}-${kebab(typeName)}`;
  return [
    inboundRoute(id, name, { service: typeName }),
    accounts(id, callers),
    authorization(id, { group: GATEWAY_API, kind: 'GRPCRoute', name: id }, 'MeshTLSAuthentication', id),
  ];
}

function healthOf(name: ServiceName): object[] {
  const id = `${name}-health`;
  return [
    inboundRoute(id, name, { service: 'grpc.health.v1.Health', method: 'Check' }),
    authorization(id, { group: GATEWAY_API, kind: 'GRPCRoute', name: id }, 'NetworkAuthentication', ANYWHERE),
  ];
}

/** The edge is reached by the public's proxy, and by the dashboard, over which people sign in and try calls; what the kubelet asks it is let through by Linkerd itself, as there are no routes. */
export function edgePolicy(): object[] {
  const ports = [
    server('gateway', 'http', 'HTTP/1'),
    { ...server('gateway', 'grpc', 'HTTP/2'), metadata: metadata('gateway-grpc') },
  ];
  const proxies: MeshTLSAuthentication = {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: metadata('public-proxies'),
    spec: { identities: [`*.${EDGE_NAMESPACE}.serviceaccount.identity.linkerd.cluster.local`] },
  };
  const policies = ports.map((port) => {
    const { name } = port.metadata;
    return authorization(name, { group: POLICY, kind: 'Server', name }, 'MeshTLSAuthentication', 'public-proxies');
  });
  const page = authorization(
    'gateway-dashboard',
    { group: POLICY, kind: 'Server', name: 'gateway' },
    'MeshTLSAuthentication',
    'gateway-dashboard',
  );
  return [...ports, proxies, ...policies, accounts('gateway-dashboard', [DASHBOARD]), page];
}

export const anywhere: NetworkAuthentication = {
  apiVersion: 'policy.linkerd.io/v1alpha1',
  kind: 'NetworkAuthentication',
  metadata: metadata(ANYWHERE),
  spec: { networks: [{ cidr: '0.0.0.0/0' }, { cidr: '::/0' }] },
};

function server(name: ProcessName, port: string, proxyProtocol: LinkerdServer['spec']['proxyProtocol']): LinkerdServer {
  return serverOf({ name, matchLabels: selectorOf(name), port, proxyProtocol });
}

export function serverOf(about: {
  name: string;
  matchLabels: Record<string, string>;
  port: string | number;
  proxyProtocol: LinkerdServer['spec']['proxyProtocol'];
}): LinkerdServer {
  const { name, matchLabels, port, proxyProtocol } = about;
  return {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: metadata(name),
    spec: { podSelector: { matchLabels }, port, proxyProtocol, accessPolicy: 'deny' },
  };
}

export function accounts(name: string, callers: readonly string[]): MeshTLSAuthentication {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: metadata(name),
    spec: { identityRefs: callers.map((caller) => ({ kind: 'ServiceAccount' as const, name: caller })) },
  };
}

export function authorization(
  name: string,
  targetRef: { group: string; kind: string; name: string },
  kind: 'MeshTLSAuthentication' | 'NetworkAuthentication',
  authentication: string,
): AuthorizationPolicy {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: metadata(name),
    spec: { targetRef, requiredAuthenticationRefs: [{ group: POLICY, kind, name: authentication }] },
  };
}

/** Allows one port of some pods to some accounts. */
export function portFor(
  about: Parameters<typeof serverOf>[0],
  callers: readonly string[],
): [LinkerdServer, MeshTLSAuthentication, AuthorizationPolicy] {
  const { name } = about;
  const target = { group: POLICY, kind: 'Server', name };
  return [serverOf(about), accounts(name, callers), authorization(name, target, 'MeshTLSAuthentication', name)];
}

function inboundRoute(id: string, name: ServiceName, method: { service: string; method?: string }): IGRPCRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: metadata(id),
    spec: { parentRefs: [{ group: POLICY, kind: 'Server', name }], rules: [{ matches: [{ method }] }] },
  };
}

/** The ports of the edge by the names that its pods give them. */
export const edgePorts = { http: gateway.httpPort, grpc: gateway.h2cPort } as const;
