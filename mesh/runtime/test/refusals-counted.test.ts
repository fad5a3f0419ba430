import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { createClient } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { createGrpcTransport } from '../rpc/transport.ts';
import { startAnswering } from '../testing/answering.ts';
import { startCollector } from '../testing/collector.ts';
import { testIdentities } from '../testing/identities.ts';

const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

test('who is refused is counted by caller, RPC and reason, and at the door by reason', async () => {
  const collector = await startCollector();
  ends.push(() => collector.stop());
  const identities = testIdentities();
  ends.push(() => identities.stop());
  const server = await startAnswering(identities.of('auth'), { [AuthService.typeName]: ['gateway'] });
  ends.push(() => server.stop());
  const transport = createGrpcTransport({ url: server.url, identity: identities.of('volunteer'), service: 'auth' });
  ends.push(() => transport.close());
  await assert.rejects(createClient(DirectoryService, transport).batchGetContacts({ userIds: [randomUUID()] }));
  const { port } = new URL(server.url);
  const stranger = connect({ port: Number(port), host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false });
  stranger.on('error', () => undefined);
  stranger.resume();
  await new Promise((resolve) => stranger.once('close', resolve));

  await collector.finish();
  const method = `${DirectoryService.typeName}/BatchGetContacts`;
  assert.deepEqual(collector.points('kreki.rpc.denied'), [
    { 'kreki.caller': 'volunteer', 'rpc.method': method, reason: 'CALLER_NOT_ALLOWED' },
  ]);
  assert.deepEqual(collector.points('kreki.identity.refused'), [
    { reason: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE' },
  ]);
  assert.ok(collector.metricNames().includes('kreki.identity.expires_in'));
});
