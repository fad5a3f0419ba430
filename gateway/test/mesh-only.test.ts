import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createClient } from '@connectrpc/connect';
import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import { createGrpcTransport } from '@kreki/runtime/rpc/transport';
import { bearer, Code, rejection, rest, transports } from './clients.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
let token: string;
before(async () => {
  edge = await startEdge();
  token = await edge.identity.tokenFor({ role: 'admin', permissions: ['users:read'] });
});
after(() => edge.stop());

const contacts = () => ({ userIds: [randomUUID()] });
const forged = {
  'x-kreki-caller': 'notification',
  'l5d-client-id': 'notification.kreki.serviceaccount.identity.linkerd.cluster.local',
};

test('RPCs for the mesh are unknown at the edge, in every protocol and whatever the caller claims', async () => {
  const before = edge.upstream.received.length;
  for (const [name, transport] of Object.entries(transports)) {
    const client = createClient(DirectoryService, transport(edge));
    for (const headers of [{}, bearer(token), { ...bearer(token), ...forged }]) {
      const error = await rejection(client.batchGetContacts(contacts(), { headers }));
      assert.equal(error.code, Code.Unimplemented, name);
    }
  }
  for (const path of ['/api/directory', '/api/auth/contacts', `/${DirectoryService.typeName}`]) {
    const answer = await rest(edge, 'POST', path, { token, json: contacts(), headers: forged });
    assert.equal(answer.status, 404, path);
  }
  assert.equal(edge.upstream.received.length, before, 'nothing was sent on');
});

test('the service itself lets the edge’s identity into no RPC that the topology does not have it call', async () => {
  const transport = createGrpcTransport({
    url: edge.upstream.urls.auth,
    identity: edge.identities.of('gateway'),
    service: 'auth',
  });
  const directory = createClient(DirectoryService, transport);
  for (const headers of [{}, bearer(token), forged]) {
    const error = await rejection(directory.batchGetContacts(contacts(), { headers }));
    assert.equal(error.code, Code.PermissionDenied);
    assert.equal(reasonOf(error), 'CALLER_NOT_ALLOWED');
  }
  transport.close();
});
