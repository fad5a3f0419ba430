/** Time-outs and retries of each RPC, from its contract, as the callers' proxies keep them. */
import type { DescMethod } from '@bufbuild/protobuf';
import { rulesOf } from '@kreki/runtime/rpc/rules';
import type { IGRPCRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/GRPCRoute';
import { type ServiceName, services } from '../../topology.ts';
import { contractOf } from '../contracts.ts';
import { metadata } from './names.ts';

/** Gateway API takes this many matches in a rule. */
const MATCHES_MAX = 8;

interface Handling {
  /** Of one call, its repetition included; a stream has none, as it would end it. */
  readonly timeout: string | undefined;
  readonly retried: boolean;
}

interface Match {
  readonly service: string;
  readonly method?: string;
}

/**
 * RPCs that are handled alike share a route. Every RPC is in one, and health too: what no route of a service matches does not get through.
 */
export function routesOf(name: ServiceName): IGRPCRoute[] {
  const groups = new Map<string, { handling: Handling; matches: Match[] }>();
  const add = (handling: Handling, match: Match) => {
    const id = [handling.timeout ?? 'streams', ...(handling.retried ? ['retried'] : [])].join('-');
    const group = groups.get(id) ?? { handling, matches: [] };
    group.matches.push(match);
    groups.set(id, group);
  };
  for (const typeName of services[name].serves) {
    for (const method of contractOf(typeName).methods)
      add(handlingOf(method), { service: typeName, method: method.name });
  }
  add({ timeout: '2s', retried: false }, { service: 'grpc.health.v1.Health' });
  return [...groups].map(([id, { handling, matches }]) => route(name, `${name}-${id}`, handling, matches));
}

export function handlingOf(method: DescMethod): Handling {
  const { deadlineMs, retryable } = rulesOf(method);
  const unary = method.methodKind === 'unary';
  if (unary && deadlineMs === undefined) throw new Error(`${method.toString()} has no deadline`);
  return { timeout: unary ? `${(deadlineMs ?? 0) / 1_000}s` : undefined, retried: unary && retryable };
}

function route(name: ServiceName, id: string, handling: Handling, matches: readonly Match[]): IGRPCRoute {
  const { port } = services[name];
  const annotations = {
    ...(handling.timeout && { 'timeout.linkerd.io/request': handling.timeout }),
    ...(handling.retried && { 'retry.linkerd.io/grpc': 'unavailable', 'retry.linkerd.io/limit': '1' }),
  };
  const rules = [];
  for (let from = 0; from < matches.length; from += MATCHES_MAX) {
    rules.push({
      matches: matches.slice(from, from + MATCHES_MAX).map((method) => ({ method })),
      backendRefs: [{ name, port }],
    });
  }
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: metadata(id, Object.keys(annotations).length > 0 ? { annotations } : {}),
    spec: { parentRefs: [{ group: '', kind: 'Service', name, port }], rules },
  };
}
