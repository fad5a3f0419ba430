/** A small edge of connect-node: verifies the token, validates the press, and passes it on to emergency over gRPC. Its parent is told where. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { EDGE } from '@kreki/runtime/caller';
import { fetchKeysFrom } from '@kreki/runtime/identity/keys';
import { openMeshIdentity } from '@kreki/runtime/identity/mesh-identity';
import { createTokenVerifier } from '@kreki/runtime/identity/verifier';
import { createLogger } from '@kreki/runtime/log';
import { clientMetrics, forward } from '@kreki/runtime/rpc/client';
import { access } from '@kreki/runtime/rpc/interceptors/access';
import { telemetry } from '@kreki/runtime/rpc/interceptors/telemetry';
import { validation } from '@kreki/runtime/rpc/interceptors/validation';
import { createGrpcTransport } from './transport.ts';

const { MESH_IDENTITY = '', AUTH_URL = '', EMERGENCY_URL = '' } = process.env;
const log = createLogger(EDGE, 'warn');
const identity = openMeshIdentity(EDGE, { identity: MESH_IDENTITY, namespace: '' }, log);
const to = (service: string, url: string) =>
  createGrpcTransport({ url, identity, service, interceptors: [clientMetrics(service)], log });
const verify = createTokenVerifier({ fetchKeys: fetchKeysFrom(to('auth', AUTH_URL)) });
await verify.prepare();
const emergency = createClient(EmergencyService, to('emergency', EMERGENCY_URL));

const server = createServer(
  connectNodeAdapter({
    routes: (router) =>
      router.rpc(EmergencyService.method.triggerPanic, (press, handling) =>
        emergency.triggerPanic(press, forward(handling)),
      ),
    interceptors: [telemetry(log), access(verify), validation],
  }),
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
process.on('disconnect', () => process.exit());
