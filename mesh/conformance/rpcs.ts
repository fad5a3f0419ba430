import { type DescField, type DescMethod, hasOption, ScalarType } from '@bufbuild/protobuf';
import { Audience, subject } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { type MethodRules, rulesOf } from '@kreki/runtime/rpc/rules';
import { loadService } from '../../gateway/registry.ts';
import { type ServiceName, serviceNames, services } from '../topology.ts';

/** An RPC of the mesh, with what its contract says of who may call it. */
export interface Rpc {
  /** `kreki.auth.v1.AuthService/Login`. */
  readonly name: string;
  readonly method: DescMethod;
  readonly rules: MethodRules;
  readonly callee: ServiceName;
  /** Whether the edge offers it. */
  readonly offered: boolean;
}

/** Every RPC of every service in the topology, from its contract. */
export async function everyRpc(): Promise<Rpc[]> {
  const rpcs: Rpc[] = [];
  for (const callee of serviceNames) {
    for (const typeName of services[callee].serves) {
      const { methods } = await loadService(typeName);
      for (const method of methods) {
        const rules = rulesOf(method);
        rpcs.push({
          name: `${typeName}/${method.name}`,
          method,
          rules,
          callee,
          offered: rules.audience !== Audience.MESH,
        });
      }
    }
  }
  return rpcs;
}

/** Fields of a request that name something that exists; `request_id` names the request itself. */
export function idFieldsOf({ input }: DescMethod): string[] {
  return input.fields.filter(isId).map(({ name }) => name);
}

const isId = (field: DescField): boolean =>
  isString(field) && field.name !== 'request_id' && (/(^|_)ids?$/.test(field.name) || hasOption(field, subject));

const isString = (field: DescField): boolean =>
  (field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING) ||
  (field.fieldKind === 'list' && field.listKind === 'scalar' && field.scalar === ScalarType.STRING);

/** Whether it answers with a page of many things. */
export const lists = ({ input }: DescMethod): boolean => input.fields.some(({ name }) => name === 'page_token');
