import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createClient, type ServiceImpl } from '@connectrpc/connect';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { createLogger } from '../log.ts';
import { implement } from '../rpc/handlers.ts';
import { telemetry } from '../rpc/interceptors/telemetry.ts';
import { startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { startCollector } from '../testing/collector.ts';
import { testIdentities } from '../testing/identities.ts';

test('an RPC that streams is measured as one, so that its life is not taken for a slow answer', async () => {
  const collector = await startCollector();
  after(() => collector.stop());
  const identities = testIdentities();
  after(() => identities.stop());
  const implementation = {
    get: async () => ({}),
    async *watch() {
      yield {};
    },
  } as unknown as ServiceImpl<typeof EmergencyService>;
  const server = await startRpcServer({
    identity: identities.of('emergency'),
    host: '127.0.0.1',
    port: 0,
    interceptors: [telemetry(createLogger('test', 'fatal'), 'mtls')],
    implementations: [implement(EmergencyService, implementation)],
    drainMs: 100,
  });
  after(() => server.stop());
  const transport = createGrpcTransport({
    url: server.url,
    identity: identities.of('gateway'),
    service: 'emergency',
    interceptors: [],
  });
  after(() => transport.close());
  const emergencies = createClient(EmergencyService, transport);
  await emergencies.get({});
  for await (const _ of emergencies.watch({}));
  await collector.finish();

  const kinds = collector
    .points('rpc.server.call.duration')
    .map((each) => [each['rpc.method']?.split('/').pop(), each['kreki.rpc.kind']]);
  assert.deepEqual(
    new Map(kinds as [string, string][]),
    new Map([
      ['Get', undefined],
      ['Watch', 'server_streaming'],
    ]),
  );
});
