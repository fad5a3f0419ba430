import {
  create,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
  type MessageInitShape,
  toJsonString,
} from '@bufbuild/protobuf';
import { http } from '@kreki/gen/google/api/annotations_pb.js';
import type { RpcContractSchema, ServiceContractSchema } from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';
import { RateLimitKey } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { type MethodRules, rulesOf } from '@kreki/runtime/rpc/rules';
import { callersOf, type ServiceName, services } from '../../topology.ts';
import { accessOf, type Methods } from '../workloads/contracts.ts';
import { commentOf } from './comments.ts';

/** Every service of the mesh with its RPCs, by name. */
export function servicesOf(methods: Methods): MessageInitShape<typeof ServiceContractSchema>[] {
  const found = new Set([...methods.values()].map(({ parent }) => parent));
  return [...found].sort((a, b) => (a.typeName < b.typeName ? -1 : 1)).map(serviceContract);
}

function serviceContract(service: DescService): MessageInitShape<typeof ServiceContractSchema> {
  const { typeName } = service;
  const workloads = Object.entries(services).filter(([, { serves }]) => serves.includes(typeName));
  const names = workloads.map(([name]) => name as ServiceName);
  return {
    name: typeName,
    comment: commentOf(typeName),
    workload: names.join(', '),
    callers: [...new Set(names.flatMap((name) => callersOf(name, typeName)))],
    rpcs: service.methods.map(rpcContract),
  };
}

function rpcContract(method: DescMethod): MessageInitShape<typeof RpcContractSchema> {
  const rules = rulesOf(method);
  const { methodKind } = method;
  return {
    name: method.name,
    comment: commentOf(`${method.parent.typeName}.${method.name}`),
    request: method.input.typeName,
    response: method.output.typeName,
    clientStreaming: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    serverStreaming: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    routes: routesOf(method),
    access: accessOf(rules),
    deadlineMs: rules.deadlineMs ?? 0,
    rateLimit: limitText(rules),
    retryable: rules.retryable,
    exampleJson: toJsonString(method.input, create(method.input), { alwaysEmitImplicit: true, prettySpaces: 2 }),
  };
}

function routesOf(method: DescMethod): string[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].flatMap(({ pattern }) =>
    typeof pattern.value === 'string' ? [`${pattern.case?.toUpperCase()} ${pattern.value}`] : [],
  );
}

function limitText({ rateLimit }: MethodRules): string {
  if (!rateLimit) return '';
  const by = rateLimit.key === RateLimitKey.USER ? 'person' : 'address';
  return `${rateLimit.requests} in ${rateLimit.windowMs / 1_000} s by ${by}`;
}
