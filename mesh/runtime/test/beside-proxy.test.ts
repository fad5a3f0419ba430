import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { Health, HealthCheckResponse_ServingStatus as Status } from '@kreki/gen/grpc/health/v1/health_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { linkerdIdentity } from '../identity/linkerd.ts';
import { implement } from '../rpc/handlers.ts';
import { startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { testIdentities } from '../testing/identities.ts';

const ID = '0199c0de-0000-7000-8000-000000000001';
const identities = testIdentities();

/** A server whose every answer is UNAVAILABLE, and how often it was asked. */
async function startUnavailable(identity: ReturnType<typeof identities.of>) {
  let asked = 0;
  const refuse = () => {
    asked++;
    throw new ConnectError('not now', Code.Unavailable);
  };
  const methods = Object.fromEntries(EmergencyService.methods.map(({ localName }) => [localName, refuse]));
  const server = await startRpcServer({
    identity,
    host: '127.0.0.1',
    port: 0,
    implementations: [implement(EmergencyService, methods as never)],
    interceptors: [],
  });
  return { server, asked: () => asked };
}

test('an idempotent call is sent once more after UNAVAILABLE, and only once where a proxy sends it again', async (t) => {
  const cases = [
    { from: identities.of('gateway'), to: identities.of('emergency'), times: 2 },
    { from: linkerdIdentity('gateway', 'kreki'), to: linkerdIdentity('emergency', 'kreki'), times: 1 },
  ];
  for (const { from, to, times } of cases) {
    const { server, asked } = await startUnavailable(to);
    t.after(() => server.stop());
    const transport = createGrpcTransport({ url: server.url, identity: from, service: 'emergency' });
    t.after(() => transport.close());
    await assert.rejects(createClient(EmergencyService, transport).get({ id: ID }), { code: Code.Unavailable });
    assert.equal(asked(), times);
  }
});

test('a process that does not serve is alive all the same', async (t) => {
  const identity = linkerdIdentity('emergency', 'kreki');
  const { server } = await startUnavailable(identity);
  t.after(() => server.stop());
  const transport = createGrpcTransport({ url: server.url, identity, service: 'emergency' });
  t.after(() => transport.close());
  const health = createClient(Health, transport);
  assert.equal((await health.check({})).status, Status.NOT_SERVING);
  assert.equal((await health.check({ service: 'liveness' })).status, Status.SERVING);
});
