import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@kreki/gen/google/rpc/error_details_pb.js';
import { Health } from '@kreki/gen/grpc/health/v1/health_pb.js';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { reasonOf } from '../errors.ts';
import { fetchKeysFrom } from '../identity/keys.ts';
import { linkerdIdentity } from '../identity/linkerd.ts';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { startAnswering } from '../testing/answering.ts';
import { testIdentities } from '../testing/identities.ts';
import { startIdentity } from '../testing/identity.ts';

const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

const ALLOWED = {
  [AuthService.typeName]: ['gateway', 'volunteer', 'notification'],
  [DirectoryService.typeName]: ['notification'],
};

const identities = testIdentities();
ends.push(() => identities.stop());
const krekiId = await startIdentity(identities);
ends.push(() => krekiId.stop());
const keys = createGrpcTransport({ url: krekiId.url, identity: identities.of('auth'), service: 'auth' });
ends.push(() => keys.close());
const answerAs = async (identity: MeshIdentity) => {
  const server = await startAnswering(identity, ALLOWED, fetchKeysFrom(keys));
  ends.push(() => server.stop());
  return server;
};
const mtls = await answerAs(identities.of('auth'));
const linkerd = await answerAs(linkerdIdentity('auth', 'kreki'));

/** A process' clients, which send these headers with every call. */
function callsOf(identity: MeshIdentity, url: string, headers: Record<string, string> = {}) {
  const say: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(headers)) request.header.append(name, value);
    return next(request);
  };
  const transport = createGrpcTransport({ url, identity, service: 'auth', interceptors: [say] });
  ends.push(() => transport.close());
  return {
    auth: createClient(AuthService, transport),
    directory: createClient(DirectoryService, transport),
    health: createClient(Health, transport),
  };
}
const by = (name: string, headers?: Record<string, string>) => callsOf(identities.of(name), mtls.url, headers);
/** As Linkerd's proxy passes a call on. */
const throughProxy = (headers: Record<string, string>) =>
  callsOf(linkerdIdentity('notification', 'kreki'), linkerd.url, headers);

const contacts = { userIds: [randomUUID()] };
const refusal = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConnectError, `refused, not ${error}`);
  return `${Code[error.code]} ${reasonOf(error)}`;
};

test('a service is let in where the topology has it call, under the name in its certificate', async () => {
  await by('notification').directory.batchGetContacts(contacts);
  const { peer, caller } = mtls.answered.at(-1) ?? {};
  assert.deepEqual({ peer, caller }, { peer: 'notification', caller: { kind: 'service', name: 'notification' } });
});

test('whoever the topology does not let call a Protobuf service is refused, the edge too', async () => {
  for (const name of ['gateway', 'volunteer', 'operator']) {
    assert.equal(await refusal(by(name).directory.batchGetContacts(contacts)), 'PermissionDenied CALLER_NOT_ALLOWED');
  }
  assert.equal(await refusal(by('emergency').auth.getJwks({})), 'PermissionDenied CALLER_NOT_ALLOWED');
});

test('the refusal names caller and service, and is logged', async () => {
  const error = await by('gateway')
    .directory.batchGetContacts(contacts)
    .catch((thrown: unknown) => thrown as ConnectError);
  assert.ok(error instanceof ConnectError);
  assert.deepEqual(error.findDetails(ErrorInfoSchema)[0]?.metadata, {
    caller: 'gateway',
    service: DirectoryService.typeName,
  });
  const rpc = `${DirectoryService.typeName}/BatchGetContacts`;
  const warned = mtls.lines.filter((line) => line.level === 40 && line.caller === 'gateway' && line.rpc === rpc);
  assert.equal(warned.length, 1, 'once, however often it happens');
});

test('a person’s token opens no way that the topology does not have', async () => {
  const authorization = `Bearer ${await krekiId.tokenFor({ role: 'admin' })}`;
  assert.equal(
    await refusal(by('gateway', { authorization }).directory.batchGetContacts(contacts)),
    'PermissionDenied CALLER_NOT_ALLOWED',
  );
  // And before the token is looked at.
  assert.equal(
    await refusal(by('emergency', { authorization: 'Bearer x' }).auth.getMe({})),
    'PermissionDenied CALLER_NOT_ALLOWED',
  );
});

test('what a service forwards is a person’s call, and still says which service forwarded it', async () => {
  const userId = randomUUID();
  const authorization = `Bearer ${await krekiId.tokenFor({ userId })}`;
  await by('volunteer', { authorization }).auth.getMe({});
  const { peer, caller } = mtls.answered.at(-1) ?? {};
  assert.equal(peer, 'volunteer');
  assert.equal(caller?.kind === 'person' && caller.userId, userId);
});

test('the edge speaks for people only: without a token it is nobody who calls', async () => {
  await by('gateway').auth.getJwks({});
  assert.deepEqual(mtls.answered.at(-1)?.caller, { kind: 'nobody' });
  assert.equal(await refusal(by('gateway').auth.getMe({})), 'Unauthenticated SIGN_IN_REQUIRED');
});

test('no header makes a caller somebody else', async () => {
  const forged = {
    'x-kreki-caller': 'notification',
    'l5d-client-id': 'notification.kreki.serviceaccount.identity.linkerd.cluster.local',
  };
  assert.equal(
    await refusal(by('gateway', forged).directory.batchGetContacts(contacts)),
    'PermissionDenied CALLER_NOT_ALLOWED',
  );
  await by('gateway', forged).auth.getJwks({});
  const { peer, caller, header } = mtls.answered.at(-1) ?? {};
  assert.deepEqual({ peer, caller }, { peer: 'gateway', caller: { kind: 'nobody' } });
  assert.equal(header?.get('l5d-client-id'), null);
});

test('health is open to every process of the mesh', async () => {
  for (const name of ['gateway', 'operator', 'emergency']) {
    assert.equal((await by(name).health.check({})).status, 1, name);
  }
});

test('under Linkerd the caller is whom the proxy names', async () => {
  const named = { 'l5d-client-id': 'notification.kreki.serviceaccount.identity.linkerd.cluster.local' };
  await throughProxy(named).directory.batchGetContacts(contacts);
  const { peer, caller, header } = linkerd.answered.at(-1) ?? {};
  assert.deepEqual({ peer, caller }, { peer: 'notification', caller: { kind: 'service', name: 'notification' } });
  assert.equal(header?.get('l5d-client-id'), null);
});

test('under Linkerd nobody without a name of this mesh is let in', async () => {
  const id = (account: string) => ({ 'l5d-client-id': `${account}.serviceaccount.identity.linkerd.cluster.local` });
  const outsiders = [
    {},
    { 'x-kreki-caller': 'notification' },
    { 'l5d-client-id': 'notification' },
    { 'l5d-client-id': '' },
    id('notification.elsewhere'),
    id('notification.kreki.kreki'),
    id('.kreki'),
    { 'l5d-client-id': `${id('notification.kreki')['l5d-client-id']}, ${id('gateway.kreki')['l5d-client-id']}` },
  ];
  for (const headers of outsiders as Record<string, string>[]) {
    assert.equal(
      await refusal(throughProxy(headers).directory.batchGetContacts(contacts)),
      'PermissionDenied CALLER_NOT_ALLOWED',
      JSON.stringify(headers),
    );
  }
});
