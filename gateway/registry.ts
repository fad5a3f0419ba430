import {
  createRegistry,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  type MessageShape,
  type Registry as TypeRegistry,
} from '@bufbuild/protobuf';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { file_google_rpc_error_details } from '@kreki/gen/google/rpc/error_details_pb.js';
import { Audience } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { type MethodRules, rulesOf } from '@kreki/runtime/rpc/rules';
import { gateway, type ServiceName } from '../mesh/topology.ts';

export type Message = MessageShape<DescMessage>;

/** An RPC that the edge offers, and who answers it. */
export interface EdgeMethod {
  readonly method: DescMethod;
  readonly rules: MethodRules;
  readonly upstream: ServiceName;
  /** `kreki.auth.v1.AuthService/Login`. */
  readonly name: string;
}

export interface Registry {
  readonly services: readonly DescService[];
  readonly methods: readonly EdgeMethod[];
  /** Every message that may occur, those of error details too. */
  readonly types: TypeRegistry;
}

/** Reads the contracts of everything that the topology lets the edge call. RPCs for the mesh only are left out. */
export async function loadRegistry(): Promise<Registry> {
  const offered: DescService[] = [];
  const methods: EdgeMethod[] = [];
  const files = new Set<DescFile>([file_google_rpc_error_details, file_buf_validate_validate]);
  for (const [upstream, callable] of Object.entries(gateway.calls)) {
    for (const typeName of callable) {
      const service = await loadService(typeName);
      const open = service.methods.filter((method) => rulesOf(method).audience !== Audience.MESH);
      if (open.length === 0) continue;
      offered.push(service);
      addFile(service.file, files);
      for (const method of open) {
        const name = `${typeName}/${method.name}`;
        methods.push({ method, rules: rulesOf(method), upstream: upstream as ServiceName, name });
      }
    }
  }
  return { services: offered, methods, types: createRegistry(...files) };
}

/** A service's file is named after it: kreki.auth.v1.UserAdminService is in kreki/auth/v1/user_admin_service.proto. */
export async function loadService(typeName: string): Promise<DescService> {
  const parts = typeName.split('.');
  const name = parts.pop() ?? '';
  const file = name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
  const stubs: Record<string, unknown> = await import(`@kreki/gen/${parts.join('/')}/${file}_pb.js`);
  const service = stubs[name] as DescService | undefined;
  if (service?.kind !== 'service') throw new Error(`${typeName} has no contract in ${parts.join('/')}/${file}.proto`);
  return service;
}

function addFile(file: DescFile, files: Set<DescFile>): void {
  if (files.has(file)) return;
  for (const dependency of file.dependencies) addFile(dependency, files);
  files.add(file);
}
