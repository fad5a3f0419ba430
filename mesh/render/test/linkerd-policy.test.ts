import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rulesOf } from '@kreki/runtime/rpc/rules';
import {
  type CallerName,
  callerNames,
  callersOf,
  gateway,
  type ServiceName,
  serviceNames,
  services,
} from '../../topology.ts';
import { contractOf } from '../contracts.ts';
import { collect, type Manifest, matches, ofKind, ROOT, type Spec } from './manifests.ts';

const base = collect(`${ROOT}/base`);
const byName = (kind: string, name: string): Manifest => {
  const found = base.find((each) => each.kind === kind && each.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
};
const routesOn = (kind: 'Server' | 'Service') =>
  ofKind(base, 'GRPCRoute').filter(({ spec }) => spec.parentRefs.some((parent: Spec) => parent.kind === kind));

/** `caller → callee Protobuf.Service`, as the policies of the proxies let it through. */
function allowedCalls(): string[] {
  return ofKind(base, 'AuthorizationPolicy').flatMap(({ spec }) => {
    if (spec.targetRef.kind !== 'GRPCRoute') return [];
    const route = byName('GRPCRoute', spec.targetRef.name);
    return route.spec.rules.flatMap((rule: Spec) =>
      rule.matches.flatMap(({ method }: Spec) =>
        spec.requiredAuthenticationRefs.flatMap(({ kind, name }: Spec) => {
          if (kind !== 'MeshTLSAuthentication')
            return [`everybody → ${route.spec.parentRefs[0].name} ${method.service}/${method.method}`];
          const { identityRefs } = byName(kind, name).spec;
          return identityRefs.map(
            (account: Spec) => `${account.name} → ${route.spec.parentRefs[0].name} ${method.service}`,
          );
        }),
      ),
    );
  });
}

test('the proxies let through the calls of the topology, all of them and no other', () => {
  const calls = serviceNames.flatMap((callee) =>
    services[callee].serves.flatMap((typeName) =>
      callersOf(callee, typeName).map((caller) => `${caller} → ${callee} ${typeName}`),
    ),
  );
  const health = serviceNames.map((name) => `everybody → ${name} grpc.health.v1.Health/Check`);
  assert.deepEqual(allowedCalls().toSorted(), [...calls, ...health].toSorted());
});

test('every service and the edge have a proxy that denies what no policy names', () => {
  const servers = ofKind(base, 'Server');
  for (const { spec } of servers) assert.equal(spec.accessPolicy, 'deny');
  for (const { metadata, spec } of ofKind(base, 'Deployment')) {
    for (const { containerPort, name } of spec.template.spec.containers[0].ports) {
      if (name === 'health') continue;
      const guarded = servers.some(
        (server) =>
          matches(server.spec.podSelector.matchLabels, spec.template.metadata.labels) &&
          [name, containerPort].includes(server.spec.port),
      );
      assert.ok(guarded, `${metadata.name}: port ${name}`);
    }
  }
  assert.equal(byName('Namespace', 'kreki').metadata.annotations?.['config.linkerd.io/default-inbound-policy'], 'deny');
});

test('a policy on a whole port names accounts, but for metrics', () => {
  for (const { metadata, spec } of ofKind(base, 'AuthorizationPolicy')) {
    if (spec.targetRef.kind !== 'Server') continue;
    const kinds = spec.requiredAuthenticationRefs.map((each: Spec) => each.kind);
    assert.deepEqual(kinds, [
      metadata.name === 'collector-metrics' ? 'NetworkAuthentication' : 'MeshTLSAuthentication',
    ]);
  }
});

test('the edge is reached by the proxy of the public, and for its page by the dashboard', () => {
  assert.deepEqual(byName('MeshTLSAuthentication', 'public-proxies').spec.identities, [
    '*.envoy-gateway-system.serviceaccount.identity.linkerd.cluster.local',
  ]);
  const allowed = ofKind(base, 'AuthorizationPolicy')
    .filter(({ spec }) => spec.targetRef.kind === 'Server' && spec.targetRef.name.startsWith('gateway'))
    .map(({ spec }) => [spec.targetRef.name, ...spec.requiredAuthenticationRefs.map((each: Spec) => each.name)]);
  assert.deepEqual(allowed, [
    ['gateway', 'public-proxies'],
    ['gateway-grpc', 'public-proxies'],
    ['gateway', 'gateway-dashboard'],
  ]);
  assert.deepEqual(byName('MeshTLSAuthentication', 'gateway-dashboard').spec.identityRefs, [
    { kind: 'ServiceAccount', name: 'dashboard' },
  ]);
});

test('the network lets through the calls of the topology, the dashboard’s question for health, and no other', () => {
  const calls = new Set<string>();
  for (const { spec } of ofKind(base, 'NetworkPolicy')) {
    const to = spec.podSelector.matchLabels?.['app.kubernetes.io/name'];
    if (!serviceNames.includes(to)) continue;
    for (const { from, ports } of spec.ingress) {
      assert.deepEqual(
        ports.map((each: Spec) => each.port),
        [services[to as ServiceName].port, 4143],
      );
      for (const peer of from) calls.add(`${peer.podSelector.matchLabels['app.kubernetes.io/name']} → ${to}`);
    }
  }
  const edges = callerNames.flatMap((caller) =>
    serviceNames.filter((callee) => callsOf(caller)[callee]).map((callee) => `${caller} → ${callee}`),
  );
  const asked = serviceNames.map((name) => `dashboard → ${name}`);
  assert.deepEqual([...calls].toSorted(), [...edges, ...asked].toSorted());
});

const callsOf = (caller: CallerName): Readonly<Partial<Record<ServiceName, unknown>>> =>
  caller === 'gateway' ? gateway.calls : caller === 'operator' ? {} : services[caller].calls;

test('what one side of a connection may open, the other side may take', () => {
  const policies = ofKind(base, 'NetworkPolicy').filter(({ spec }) => labelsOf(spec.podSelector).length > 0);
  for (const { metadata, spec } of policies) {
    for (const { to = [], ports = [] } of spec.egress ?? []) {
      for (const { podSelector, namespaceSelector } of to) {
        if (!podSelector || namespaceSelector) continue;
        for (const pods of labelsOf(podSelector)) {
          const other = policies.find((each) => labelsOf(each.spec.podSelector).includes(pods));
          assert.ok(other, `${metadata.name} → ${pods}`);
          const taken = other.spec.ingress
            .filter(({ from }: Spec) =>
              labelsOf(spec.podSelector).every((own) =>
                from.some((peer: Spec) => labelsOf(peer.podSelector).includes(own)),
              ),
            )
            .flatMap((rule: Spec) => rule.ports.map((each: Spec) => each.port));
          for (const { port } of ports)
            assert.ok(taken.includes(port), `${metadata.name} → ${other.metadata.name}:${port}`);
        }
      }
    }
  }
});

/** The pods that a selector means, each as one label; nobody in particular where it selects all. */
const labelsOf = ({ matchLabels = {}, matchExpressions = [] }: Spec = {}): string[] => [
  ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
  ...matchExpressions.flatMap(({ key, values }: Spec) => values.map((value: string) => `${key}=${value}`)),
];

test('each RPC is in one route, with the deadline of its contract, and is sent again only where the contract allows', () => {
  for (const name of serviceNames) {
    const routes = routesOn('Service').filter(({ spec }) => spec.parentRefs[0].name === name);
    const routed = new Map<string, Manifest>();
    for (const route of routes) {
      for (const { method } of route.spec.rules.flatMap((rule: Spec) => rule.matches)) {
        const rpc = `${method.service}/${method.method ?? '*'}`;
        assert.ok(!routed.has(rpc), `${rpc} is in two routes`);
        routed.set(rpc, route);
      }
    }
    const methods = services[name].serves.flatMap((typeName) => contractOf(typeName).methods);
    assert.equal(routed.size, methods.length + 1, `${name}: every RPC, and health`);
    assert.ok(routed.has('grpc.health.v1.Health/*'));
    for (const method of methods) {
      const rpc = `${method.parent.typeName}/${method.name}`;
      const { deadlineMs, retryable } = rulesOf(method);
      const { 'timeout.linkerd.io/request': timeout, ...retry } = routed.get(rpc)?.metadata.annotations ?? {};
      const unary = method.methodKind === 'unary';
      assert.equal(timeout, unary ? `${Number(deadlineMs) / 1_000}s` : undefined, rpc);
      const again = { 'retry.linkerd.io/grpc': 'unavailable', 'retry.linkerd.io/limit': '1' };
      assert.deepEqual(retry, unary && retryable ? again : {}, rpc);
    }
  }
});

test('nothing leaves the mesh but to the hosts of the providers', () => {
  assert.equal(byName('EgressNetwork', 'providers').spec.trafficPolicy, 'Deny');
  const ways = ofKind(collect(`${ROOT}/overlays/production`), 'TLSRoute').map(({ spec }) => [
    ...spec.hostnames,
    spec.parentRefs[0].port,
  ]);
  assert.deepEqual(ways, [
    ['fcm.googleapis.com', 'oauth2.googleapis.com', 443],
    ['graph.facebook.com', 443],
    ['smtp.kreki.id', 465],
    ['hooks.slack.com', 443],
  ]);
  const outward = ofKind(base, 'NetworkPolicy')
    .filter(({ spec }) =>
      spec.egress?.some(({ to }: Spec) => !to || to.some((peer: Spec) => peer.ipBlock?.cidr === '0.0.0.0/0')),
    )
    .map(({ metadata }) => metadata.name);
  assert.deepEqual(outward, ['notification', 'postgres-tier-1', 'postgres-tier-2', 'postgres-tier-3', 'dashboard']);
});
