import type { DescMethod } from '@bufbuild/protobuf';
import { Audience } from '@kreki/gen/kreki/options/v1/options_pb.js';
import type { MethodRules } from '@kreki/runtime/rpc/rules';
import { services } from '../../topology.ts';

/** Every RPC of the mesh by its full name, `kreki.auth.v1.AuthService/Login`. */
export type Methods = ReadonlyMap<string, DescMethod>;

/** Reads the contracts of everything that the topology says is served. A service's file is named after it. */
export async function loadMethods(): Promise<Methods> {
  const names = new Set(Object.values(services).flatMap(({ serves }) => serves));
  const loaded = await Promise.all([...names].map(loadService));
  return new Map(
    loaded.flatMap(({ typeName, methods }) => methods.map((method) => [`${typeName}/${method.name}`, method] as const)),
  );
}

async function loadService(typeName: string) {
  const parts = typeName.split('.');
  const name = parts.pop() ?? '';
  const file = name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
  const stubs = await import(`@kreki/gen/${parts.join('/')}/${file}_pb.js`);
  return stubs[name] as DescMethod['parent'];
}

/** Who may call an RPC, in a few words. */
export function accessOf(rules: MethodRules): string {
  switch (rules.audience) {
    case Audience.PUBLIC:
      return 'public';
    case Audience.SIGNED_IN:
      return 'signed in';
    case Audience.PERMITTED:
      return rules.permission;
    case Audience.MESH:
      return 'mesh';
    default:
      return '';
  }
}
