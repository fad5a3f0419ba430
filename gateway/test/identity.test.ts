import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import { startIdentity } from '@kreki/runtime/testing/identity';
import { Redis } from 'ioredis';
import { bearer, Code, clientOf, rejection, rest } from './clients.ts';
import { ID } from './fixture.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
let redis: Redis;
before(async () => {
  edge = await startEdge();
  redis = new Redis(edge.redisUrl);
});
after(async () => {
  redis.disconnect();
  await edge.stop();
});

const me = (authorization: string) => clientOf(edge, AuthService).getMe({}, { headers: { authorization } });

test('forged, unsigned, expired and ill-formed tokens are refused before any service is called', async () => {
  const other = await startIdentity(edge.identities);
  const expired = await edge.identity.tokenFor({ issuedAtMs: Date.now() - 90_000_000 });
  const genuine = await edge.identity.tokenFor();
  const calls = edge.upstream.received.length;
  const refused: [string, string][] = [
    [`Bearer ${await other.tokenFor()}`, 'TOKEN_INVALID'],
    [`Bearer ${genuine.slice(0, -4)}AAAA`, 'TOKEN_INVALID'],
    ['Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', 'TOKEN_INVALID'],
    ['Bearer x', 'TOKEN_INVALID'],
    ['Basic eDp5', 'TOKEN_INVALID'],
    [`Bearer ${expired}`, 'TOKEN_EXPIRED'],
  ];
  for (const [authorization, reason] of refused) {
    const error = await rejection(me(authorization));
    assert.equal(error.code, Code.Unauthenticated, authorization);
    assert.equal(reasonOf(error), reason, authorization);
  }
  assert.equal(edge.upstream.received.length, calls);
  await other.stop();
});

test('a session that has ended and rights that have changed count at once', async () => {
  const person = { userId: ID, sessionId: '0199c0de-0000-7000-8000-0000000000ff', role: 'volunteer' };
  const token = `Bearer ${await edge.identity.tokenFor(person)}`;
  await me(token);

  await redis.set(`kreki:auth:valid-after:role:volunteer`, Date.now() + 1);
  assert.equal(reasonOf(await rejection(me(token))), 'TOKEN_OUTDATED');
  await redis.del(`kreki:auth:valid-after:role:volunteer`);
  await redis.set(`kreki:auth:valid-after:user:${ID}`, Date.now() + 1);
  assert.equal(reasonOf(await rejection(me(token))), 'TOKEN_OUTDATED');
  const renewed = await edge.identity.tokenFor({ ...person, issuedAtMs: Date.now() + 2 });
  await me(`Bearer ${renewed}`);

  await redis.set(`kreki:auth:revoked:session:${person.sessionId}`, '1');
  const revoked = await rejection(me(`Bearer ${renewed}`));
  assert.equal(revoked.code, Code.Unauthenticated);
  assert.equal(reasonOf(revoked), 'TOKEN_REVOKED');
});

test('the contract says who may call: nobody, somebody, somebody with the permission', async () => {
  const emergency = clientOf(edge, EmergencyService);
  const press = { location: { latitude: -6.2, longitude: 106.8 } };
  assert.equal(reasonOf(await rejection(emergency.triggerPanic(press))), 'SIGN_IN_REQUIRED');
  const without = bearer(await edge.identity.tokenFor());
  const denied = await rejection(emergency.triggerPanic(press, { headers: without }));
  assert.equal(denied.code, Code.PermissionDenied);
  assert.equal(reasonOf(denied), 'PERMISSION_REQUIRED');
  const permitted = bearer(await edge.identity.tokenFor({ permissions: ['emergencies:create'] }));
  await emergency.triggerPanic(press, { headers: permitted });
});

test('a refusal that goes on record is told to the service, and stands whatever that answers', async () => {
  const users = clientOf(edge, UserAdminService);
  const headers = bearer(await edge.identity.tokenFor());
  const denied = await rejection(users.getUser({ userId: ID }, { headers }));
  assert.equal(reasonOf(denied), 'PERMISSION_REQUIRED');
  const told = edge.upstream.refused.at(-1);
  assert.equal(told?.rpc, 'GetUser');
  assert.equal(told?.headers.get('authorization'), headers.authorization);
  assert.equal(reasonOf(await rejection(users.getUser({ userId: ID }))), 'SIGN_IN_REQUIRED');
});

test('what outsiders say in the mesh’s own headers is dropped, and the edge says what it knows', async () => {
  const token = await edge.identity.tokenFor();
  const answer = await rest(edge, 'GET', '/api/auth/me', {
    token,
    headers: {
      'x-kreki-caller': 'emergency',
      'x-kreki-client-ip': '6.6.6.6',
      'x-kreki-request-id': 'spoofed-id',
      'x-kreki-anything': 'spoofed',
      'l5d-client-id': 'emergency.kreki.serviceaccount',
      baggage: 'a=b',
      cookie: 'c=d',
      'user-agent': 'a phone',
      'x-request-id': 'chosen-by-client',
      'x-forwarded-for': '6.6.6.6, 203.0.113.7',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('x-request-id'), 'chosen-by-client');
  assert.equal(answer.headers.get('x-trace-id'), '0af7651916cd43dd8448eb211c80319c');
  const { headers } = edge.upstream.last();
  assert.deepEqual(
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-') || name.startsWith('l5d'))),
    {
      'x-kreki-client-ip': '203.0.113.7',
      'x-kreki-request-id': 'chosen-by-client',
      'x-kreki-user-agent': 'a phone',
    },
  );
  assert.match(headers.get('traceparent') ?? '', /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)/);
  assert.equal(headers.get('baggage'), null);
  assert.equal(headers.get('cookie'), null);
  assert.equal(headers.get('authorization'), `Bearer ${token}`);
});

test('a request id that is not well-formed is replaced', async () => {
  const answer = await rest(edge, 'GET', '/healthz', { headers: { 'x-request-id': 'a b\tc<script>' } });
  assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('a provider’s signature goes on with the body it covers, byte for byte', async () => {
  const body = '{"entry": [ 1.0,  "é" ]}';
  const answer = await rest(edge, 'POST', '/webhooks/whatsapp', {
    body,
    headers: { 'x-hub-signature-256': 'sha256=abc' },
  });
  assert.equal(answer.status, 200);
  const { headers, message } = edge.upstream.last();
  assert.equal(headers.get('x-hub-signature-256'), 'sha256=abc');
  const { body: received } = message as { body: { data: Uint8Array; contentType: string } };
  assert.equal(Buffer.from(received.data).toString(), body);
  assert.equal(received.contentType, 'application/json');
});
