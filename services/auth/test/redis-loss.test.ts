import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authMesh } from './harness.ts';
import { bearer, claimsOf, eventually, from, PASSWORD, reason } from './helpers.ts';
import { startRedisServer } from './redis-server.ts';

const server = await startRedisServer();
const { auth, users, redis, pool, register, signedInAs, stop } = await authMesh(
  'redis_loss',
  { REDIS_URL: server.ownUrl },
  server.url,
);
after(async () => {
  await stop();
  await server.stop();
});

const revokedKey = ({ accessToken }: { accessToken: string }) =>
  `kreki:auth:revoked:session:${claimsOf(accessToken).sid}`;
const EPOCH_KEY = 'kreki:auth:revocation-epoch';

test('an emptied Redis is filled again from the database', async () => {
  const [gone, person] = [await register(), await register()];
  await auth.logout({}, bearer(gone));
  await users.updateUserRole({ userId: person.user.id, role: 'volunteer' }, bearer(await signedInAs('admin')));
  const validAfterKey = `kreki:auth:valid-after:user:${person.user.id}`;
  const before = await redis.get(validAfterKey);
  await redis.flushall();
  await eventually(async () => {
    assert.equal(await redis.get(revokedKey(gone)), '1');
    assert.equal(await redis.get(validAfterKey), before);
    assert.match((await redis.get(EPOCH_KEY)) ?? '', /^[0-9a-f]{40}$/);
  });
  assert.ok((await redis.pttl(revokedKey(gone))) > 86_000_000);
});

test('a logout while Redis is away succeeds, and takes effect when it is back', async () => {
  const [before, during] = [await register(), await register()];
  await auth.logout({}, bearer(before));
  await server.stop();
  const start = performance.now();
  await auth.logout({}, bearer(during));
  assert.ok(performance.now() - start < 1_500, 'the answer waits for Redis');
  await server.start();
  await eventually(async () => {
    assert.equal(await redis.get(revokedKey(before)), '1');
    assert.equal(await redis.get(revokedKey(during)), '1');
    const { rows } = await pool.query('SELECT FROM revocations WHERE NOT published');
    assert.equal(rows.length, 0);
  });
});

test('a later time is never replaced by an earlier one', async () => {
  const admin = bearer(await signedInAs('admin'));
  const person = await register();
  const key = `kreki:auth:valid-after:user:${person.user.id}`;
  await redis.set(key, Date.now() + 60_000);
  const later = await redis.get(key);
  await users.updateUserRole({ userId: person.user.id, role: 'volunteer' }, admin);
  assert.equal(await redis.get(key), later);
});

test('without Redis one can sign in, and failures are still limited', async () => {
  const { user } = await register();
  await server.stop();
  const right = { email: user.email, password: PASSWORD };
  for (let index = 0; index < 5; index += 1) {
    const wrong = { ...right, password: 'Wrong-119' };
    await assert.rejects(auth.login(wrong, from('203.0.113.9')), reason('INVALID_CREDENTIALS'));
  }
  await assert.rejects(auth.login(right, from('203.0.113.9')), reason('TOO_MANY_FAILED_LOGINS'));
  await auth.login(right, from('203.0.113.10'));
});
