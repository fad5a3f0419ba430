import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { type Contact, ContactSchema, DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { implement } from '@kreki/runtime/rpc/handlers';
import { startRpcServer } from '@kreki/runtime/rpc/server';
import type { TestMesh } from '@kreki/runtime/testing/harness';

export interface Directory {
  readonly url: string;
  /** Calls answered or refused. */
  readonly calls: number;
  /** Whether it refuses every call. */
  down: boolean;
  add(contact: Omit<Contact, '$typeName' | '$unknown'>): void;
}

/** KREKI ID as this service sees it: the keys of the test's identity, and contacts. */
export async function startDirectory(mesh: TestMesh): Promise<Directory> {
  const identity = await mesh.client(AuthService, mesh.identity.url);
  const refuse = () => {
    throw new ConnectError('not part of this directory', Code.Unimplemented);
  };
  const refusing = Object.fromEntries(AuthService.methods.map((method) => [method.localName, refuse]));
  const contacts = new Map<string, Contact>();
  const directory = { url: '', calls: 0, down: false };
  const server = await startRpcServer({
    identity: mesh.identities.of('auth'),
    host: '127.0.0.1',
    port: 0,
    interceptors: [],
    drainMs: 500,
    implementations: [
      implement(AuthService, {
        ...(refusing as unknown as ServiceImpl<typeof AuthService>),
        getJwks: () => identity.getJwks({}),
      }),
      implement(DirectoryService, {
        batchGetContacts({ userIds }) {
          directory.calls += 1;
          if (directory.down) throw new ConnectError('down', Code.Unavailable);
          return { contacts: userIds.flatMap((id) => contacts.get(id) ?? []) };
        },
      }),
    ],
  });
  mesh.onStop(() => server.stop());
  return Object.assign(directory, {
    url: server.url,
    add(contact: Omit<Contact, '$typeName' | '$unknown'>) {
      contacts.set(contact.userId, create(ContactSchema, contact));
    },
  });
}
