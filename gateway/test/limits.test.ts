import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { reasonOf, retryAfterMsOf } from '@kreki/runtime/errors';
import { bearer, Code, clientOf, rejection, rest } from './clients.ts';
import { startEdge, type TestEdge } from './harness.ts';

const edges: TestEdge[] = [];
const edgeWith = async (env: Record<string, string>) => {
  const edge = await startEdge(env);
  edges.push(edge);
  return edge;
};
after(() => Promise.all(edges.map((edge) => edge.stop())));

const statuses = async (calls: number, call: () => Promise<{ status: number }>) => {
  const all: number[] = [];
  for (let i = 0; i < calls; i++) all.push((await call()).status);
  return all;
};

test('one network address makes no more calls a minute than it may; others go on', async () => {
  const edge = await edgeWith({ RATE_LIMIT_PER_IP: '3' });
  const from = (address: string) => () =>
    rest(edge, 'GET', '/.well-known/jwks.json', { headers: { 'x-forwarded-for': address } });
  assert.deepEqual(await statuses(4, from('203.0.113.1')), [200, 200, 200, 429]);
  const refused = await from('203.0.113.1')();
  assert.equal(refused.reason, 'RATE_LIMITED');
  assert.ok(Number(refused.headers.get('retry-after')) > 0 && Number(refused.headers.get('retry-after')) <= 60);
  assert.equal((await from('203.0.113.2')()).status, 200);
  const subscriber = [1, 2, 3, 4].map((host) => from(`2001:db8:1:2::${host}`));
  const seen = [];
  for (const call of subscriber) seen.push((await call()).status);
  assert.deepEqual(seen, [200, 200, 200, 429], 'a /64 is one subscriber');
});

test('tries with tokens that are not valid are counted', async () => {
  const edge = await edgeWith({ RATE_LIMIT_PER_IP: '2' });
  const tries = await statuses(3, () => rest(edge, 'GET', '/api/auth/me', { token: 'x' }));
  assert.deepEqual(tries, [401, 401, 429]);
});

test('one person makes no more calls a minute than they may, from wherever; webhooks and health are not counted', async () => {
  const edge = await edgeWith({ RATE_LIMIT_PER_USER: '2', RATE_LIMIT_PER_IP: '5' });
  const token = await edge.identity.tokenFor();
  let address = 0;
  const call = () =>
    rest(edge, 'GET', '/api/auth/me', { token, headers: { 'x-forwarded-for': `203.0.113.${++address}` } });
  assert.deepEqual(await statuses(3, call), [200, 200, 429]);
  const hook = () => rest(edge, 'POST', '/webhooks/whatsapp', { json: {} });
  assert.deepEqual(await statuses(8, hook), Array(8).fill(200));
  assert.deepEqual(await statuses(8, () => rest(edge, 'GET', '/healthz')), Array(8).fill(200));
});

test('a contract’s own limit holds over every protocol together, and over replicas', async () => {
  const edge = await edgeWith({});
  const replica = await edgeWith({ REDIS_URL: edge.redisUrl });
  const userId = '0199c0de-0000-7000-8000-00000000beef';
  const person = { userId, permissions: ['emergencies:create'] };
  const press = { location: { latitude: -6.2, longitude: 106.8 } };
  const headers = bearer(await edge.identity.tokenFor(person));
  const theirs = await replica.identity.tokenFor(person);
  const client = clientOf(edge, EmergencyService);
  for (let i = 0; i < 30; i++) {
    await client.triggerPanic(press, { headers });
    assert.equal((await rest(replica, 'POST', '/api/emergency/panic', { token: theirs, json: press })).status, 200);
  }
  const error = await rejection(client.triggerPanic(press, { headers }));
  assert.equal(error.code, Code.ResourceExhausted);
  assert.equal(reasonOf(error), 'RATE_LIMITED');
  const afterMs = retryAfterMsOf(error) ?? 0;
  assert.ok(afterMs > 0 && afterMs <= 60_000);
  await client.listActive({}, { headers });
});

test('while Redis hangs or is gone calls pass, soon, and each replica limits by itself', async () => {
  const port = 20_000 + (process.pid % 10_000);
  const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  });
  const edge = await edgeWith({ REDIS_URL: `redis://127.0.0.1:${port}`, RATE_LIMIT_PER_USER: '5' });
  await sleep(1_500);
  const token = await edge.identity.tokenFor();
  const call = () => rest(edge, 'GET', '/api/auth/me', { token });
  try {
    assert.equal((await call()).status, 200);
    redis.kill('SIGSTOP');
    const startMs = performance.now();
    assert.equal((await call()).status, 200);
    const firstMs = performance.now() - startMs;
    assert.ok(firstMs < 1_000, 'one call waits a moment');
    const waits: number[] = [];
    for (let next = 0; next < 3; next += 1) {
      const nextMs = performance.now();
      assert.equal((await call()).status, 200);
      waits.push(performance.now() - nextMs);
    }
    assert.ok(Math.min(...waits) < firstMs, `the next do not wait for it again: ${waits}`);
  } finally {
    redis.kill('SIGKILL');
    await once(redis, 'exit');
  }
  assert.deepEqual(await statuses(5, call), [200, 429, 429, 429, 429]);
});
