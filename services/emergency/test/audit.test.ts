import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { CancelReason } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { monas } from './neighbourhood.ts';
import { until } from './until.ts';
import { refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('audit');
});
after(() => w?.mesh.stop());

let since = 0;
beforeEach(async () => {
  since = (await w.pool.query('SELECT coalesce(max(sequence), 0)::int AS last FROM audit_entries')).rows[0].last;
});

/** What went on record since the test began: RPC, outcome, and the subjects in the order of their names. */
async function onRecord(): Promise<[rpc: string, outcome: string, ...subjects: string[]][]> {
  const { rows } = await w.pool.query(
    `SELECT split_part(rpc, '/', 2) AS rpc, outcome, subjects FROM audit_entries WHERE sequence > $1 ORDER BY sequence`,
    [since],
  );
  return rows.map(({ rpc, outcome, subjects }) => [rpc, outcome, ...subjects.sort()]);
}

test('who pressed, who was asked and who responds leave no entry', async () => {
  const [near = ''] = w.around.place([80]);
  const { id, citizen } = await w.press();
  await until(async () => (await w.asked(id)).includes(near));
  const volunteer = await w.person('volunteer', near);
  for (const { client } of [citizen, volunteer]) {
    await client.get({ id });
    await client.listActive({});
  }
  await w.accept(id, near);
  await citizen.client.watch({ id })[Symbol.asyncIterator]().next();
  await citizen.client.cancel({ id, reason: CancelReason.RESOLVED });
  assert.deepEqual(await onRecord(), []);
});

test('what a dispatcher sees of a foreign emergency is on record with everybody concerned', async () => {
  const { id, citizen } = await w.press();
  const { client } = w.dispatcher;
  const subjects = [`emergencies/${id}`, `people/${citizen.id}`];
  await client.get({ id });
  await client.listActive({});
  await client.watch({ id })[Symbol.asyncIterator]().next();
  await client.cancel({ id, reason: CancelReason.DUPLICATE });
  assert.deepEqual(await onRecord(), [
    ['Get', 'OK', ...subjects],
    ['ListActive', 'OK', ...subjects],
    ['Watch', 'OK', ...subjects],
    ['Cancel', 'OK', ...subjects],
  ]);
});

test('a dispatcher who looks at their own emergency is one who pressed', async () => {
  const { emergency } = await w.dispatcher.client.triggerPanic({ location: monas });
  const id = emergency?.id ?? '';
  await w.dispatcher.client.get({ id });
  await w.dispatcher.client.cancel({ id, reason: CancelReason.FALSE_ALARM });
  assert.deepEqual(await onRecord(), []);
});

test('a stranger’s attempts at a foreign emergency are on record', async () => {
  const { id } = await w.press();
  const stranger = await w.person('citizen');
  assert.match(await refusal(stranger.client.get({ id })), /^PermissionDenied/);
  assert.match(await refusal(stranger.client.cancel({ id, reason: CancelReason.RESOLVED })), /^PermissionDenied/);
  assert.match(await refusal(stranger.client.listDispatchDecisions({ id })), /^PermissionDenied/);
  assert.deepEqual(await onRecord(), [
    ['Get', 'PERMISSION_DENIED', `emergencies/${id}`],
    ['Cancel', 'PERMISSION_DENIED', `emergencies/${id}`],
    ['ListDispatchDecisions', 'PERMISSION_DENIED', `emergencies/${id}`],
  ]);
});
