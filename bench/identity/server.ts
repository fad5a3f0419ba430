/** Answers GetJwks behind all that the runtime does for a call, in plaintext and over mTLS; tells its CPU time when asked. */
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { linkerdIdentity } from '../../mesh/runtime/identity/linkerd.ts';
import { type MeshIdentity, openMeshIdentity } from '../../mesh/runtime/identity/mesh-identity.ts';
import { createTokenVerifier } from '../../mesh/runtime/identity/verifier.ts';
import { createLogger } from '../../mesh/runtime/log.ts';
import { implement } from '../../mesh/runtime/rpc/handlers.ts';
import { access } from '../../mesh/runtime/rpc/interceptors/access.ts';
import { callers } from '../../mesh/runtime/rpc/interceptors/callers.ts';
import { telemetry } from '../../mesh/runtime/rpc/interceptors/telemetry.ts';
import { validation } from '../../mesh/runtime/rpc/interceptors/validation.ts';
import { startRpcServer } from '../../mesh/runtime/rpc/server.ts';

const log = createLogger('auth');
const refuse = () => {
  throw new ConnectError('not measured', Code.Unimplemented);
};
const others = Object.fromEntries(AuthService.methods.map(({ localName }) => [localName, refuse]));
const answering = { ...(others as unknown as ServiceImpl<typeof AuthService>), getJwks: () => ({}) };
const verify = createTokenVerifier({ fetchKeys: async () => ({ keys: [] }) });
const start = async (identity: MeshIdentity) => {
  const { url } = await startRpcServer({
    identity,
    host: '127.0.0.1',
    port: 0,
    implementations: [implement(AuthService, answering)],
    interceptors: [telemetry(log), callers({ [AuthService.typeName]: ['gateway'] }, log), access(verify), validation],
  });
  return url;
};

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system });
});
const settings = { identity: process.argv[2] ?? '', namespace: '' };
process.send?.({
  plaintext: await start(linkerdIdentity('auth', 'kreki')),
  mTLS: await start(openMeshIdentity('auth', settings, log)),
});
