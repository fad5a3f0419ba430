import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCollector } from '@kreki/runtime/testing/collector';
import { authMesh } from './harness.ts';
import { bearer, PASSWORD } from './helpers.ts';

let collector: Awaited<ReturnType<typeof startCollector>>;
let mesh: Awaited<ReturnType<typeof authMesh>>;
before(async () => {
  collector = await startCollector();
  mesh = await authMesh('trace');
});
after(async () => {
  await mesh?.stop();
  await collector.stop();
});

const SIGN_IN = '0af7651916cd43dd8448eb211c80319c';

test('commands to Redis and statements of Prisma are measured as the own statements are, by their names alone', async () => {
  const { user } = await mesh.register();
  const headers = { traceparent: `00-${SIGN_IN}-b7ad6b7169203331-01` };
  const { accessToken } = await mesh.auth.login({ email: user.email, password: PASSWORD }, { headers });
  await mesh.auth.listSessions({}, { headers: { ...headers, ...bearer({ accessToken }).headers } });
  await mesh.stop();
  await collector.finish();

  const asked = collector.spans().filter(({ kind, traceId }) => kind === 3 && traceId === SIGN_IN);
  const stores = new Set(asked.map(({ attributes }) => attributes['db.system.name']));
  assert.deepEqual(stores, new Set(['postgresql', 'redis']));
  for (const { name, attributes } of asked)
    assert.deepEqual(Object.keys(attributes).sort(), ['db.operation.name', 'db.system.name'], name);
  const measured = collector.points('db.client.operation.duration');
  const names = new Set(measured.map((each) => `${each['db.system.name']} ${each['db.operation.name']}`));
  for (const name of ['redis multi', 'postgresql select sessions'])
    assert.ok(names.has(name), `${name} is not in ${[...names]}`);
});
