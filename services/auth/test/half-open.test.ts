import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Link } from '@kreki/runtime/testing/link/link';
import { Redis } from 'ioredis';
import { authMesh } from './harness.ts';
import { bearer, claimsOf, eventually } from './helpers.ts';
import { startRedisServer } from './redis-server.ts';

const server = await startRedisServer();
const link = new Link(0, Number(new URL(server.url).port));
await link.start();
const redis = new Redis(server.url);
const { auth, register, stop } = await authMesh('half_open', { REDIS_URL: `redis://127.0.0.1:${link.port}` });
after(async () => {
  await stop();
  redis.disconnect();
  await link.stop();
  await server.stop();
});

test('a logout takes effect although the connection to Redis had vanished without a word', async () => {
  const person = await register();
  await auth.logout({}, bearer(await register()));
  link.forget();
  await auth.logout({}, bearer(person));
  const key = `kreki:auth:revoked:session:${claimsOf(person.accessToken).sid}`;
  await eventually(async () => assert.equal(await redis.get(key), '1'));
});
