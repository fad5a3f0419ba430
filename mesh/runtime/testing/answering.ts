import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import type { JSONWebKeySet } from 'jose';
import { pino } from 'pino';
import { type Caller, callerOf, peerOf } from '../caller.ts';
import type { ServiceDescription } from '../config.ts';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import { createTokenVerifier } from '../identity/verifier.ts';
import { implement } from '../rpc/handlers.ts';
import { access } from '../rpc/interceptors/access.ts';
import { callers } from '../rpc/interceptors/callers.ts';
import { telemetry } from '../rpc/interceptors/telemetry.ts';
import { validation } from '../rpc/interceptors/validation.ts';
import { startRpcServer } from '../rpc/server.ts';

/** A call as its handler got it. */
export interface Answered {
  readonly peer: string;
  readonly caller: Caller;
  readonly header: Headers;
}

/** What was logged. */
export type Line = Record<string, unknown>;

/** A log that a test reads. */
export function readableLog() {
  const lines: Line[] = [];
  return { lines, log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) }) };
}

/**
 * A server that answers as auth does: GetJwks, which is for everybody, GetMe, which is for people, and BatchGetContacts, which is for the mesh.
 */
export async function startAnswering(
  identity: MeshIdentity,
  allowed: ServiceDescription['callers'],
  fetchKeys: () => Promise<JSONWebKeySet> = async () => ({ keys: [] }),
) {
  const answered: Answered[] = [];
  const note = (context: Parameters<typeof callerOf>[0] & { requestHeader: Headers }) => {
    answered.push({ peer: peerOf(context), caller: callerOf(context), header: context.requestHeader });
    return {};
  };
  const refusing = Object.fromEntries(AuthService.methods.map(({ localName }) => [localName, unimplemented]));
  const { log, lines } = readableLog();
  const server = await startRpcServer({
    identity,
    host: '127.0.0.1',
    port: 0,
    interceptors: [telemetry(log), callers(allowed, log), access(createTokenVerifier({ fetchKeys })), validation],
    implementations: [
      implement(AuthService, {
        ...(refusing as unknown as ServiceImpl<typeof AuthService>),
        getJwks: (_, context) => note(context),
        getMe: (_, context) => note(context),
      }),
      implement(DirectoryService, { batchGetContacts: (_, context) => note(context) }),
    ],
    drainMs: 500,
  });
  server.setServing(true);
  return { url: server.url, answered, lines, stop: () => server.stop() };
}

function unimplemented(): never {
  throw new ConnectError('not part of the test', Code.Unimplemented);
}
