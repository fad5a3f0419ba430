import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  CancelReason,
  type Emergency,
  EmergencyStatus,
  ResponseStatus,
} from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { until } from './until.ts';
import { type Person, refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('watch');
});
after(() => w?.mesh.stop());
beforeEach(() => w.around.clear());

/** Follows an emergency and keeps what it saw; `end` resolves when the stream does. */
function follow({ client }: Person, id: string, signal?: AbortSignal) {
  const states: Emergency[] = [];
  const end = (async () => {
    for await (const { emergency } of client.watch({ id }, { ...(signal && { signal }) }))
      if (emergency) states.push(emergency);
  })();
  end.catch(() => undefined);
  return { states, end, last: () => states.at(-1) };
}

async function pressed() {
  const [first = '', second = ''] = w.around.place([60, 90]);
  const { id, citizen } = await w.press();
  await until(async () => (await w.asked(id)).length === 2);
  return { id, citizen, first, second };
}

const ascending = (states: readonly Emergency[]) =>
  states.every(({ version }, index) => index === 0 || version > (states[index - 1]?.version ?? 0n));

test('the present state comes first, then each change, each once and in order, until it is closed', async () => {
  const { id, citizen, first } = await pressed();
  const watched = follow(citizen, id);
  await until(() => watched.states.length === 1);
  assert.equal(watched.states[0]?.openOffers, 2);
  await w.accept(id, first);
  const responder = await w.person('volunteer', first);
  for (const status of [ResponseStatus.EN_ROUTE, ResponseStatus.ARRIVED])
    await responder.client.updateResponse({ id, status });
  await responder.client.complete({ id });
  await watched.end;
  assert.ok(ascending(watched.states));
  const statuses = watched.states.map(({ status }) => status);
  assert.deepEqual(
    statuses.filter((status, index) => status !== statuses[index - 1]),
    [EmergencyStatus.PENDING, EmergencyStatus.ASSIGNED, EmergencyStatus.RESPONDING, EmergencyStatus.COMPLETED],
  );
});

test('a closed emergency is shown once, and the stream ends', async () => {
  const { id, citizen } = await pressed();
  await citizen.client.cancel({ id, reason: CancelReason.FALSE_ALARM });
  const watched = follow(w.dispatcher, id);
  await watched.end;
  assert.deepEqual(
    watched.states.map(({ status }) => status),
    [EmergencyStatus.CANCELLED],
  );
});

test('a responder follows it until withdrawing', async () => {
  const { id, first } = await pressed();
  await w.accept(id, first);
  const responder = await w.person('volunteer', first);
  const watched = follow(responder, id);
  await until(() => watched.states.length > 0);
  await responder.client.updateResponse({ id, status: ResponseStatus.WITHDRAWN });
  assert.equal(await refusal(watched.end), 'PermissionDenied NOT_YOUR_EMERGENCY');
  assert.ok(watched.states.every(({ locationApproximate }) => !locationApproximate));
});

test('changes made at one replica are seen at another, without waiting for its poll', async () => {
  const replica = await w.start({ WATCH_POLL: '1h' });
  const { id, citizen, first } = await pressed();
  const there = await w.person('citizen', citizen.id, replica.url);
  const watched = follow(there, id);
  await until(() => watched.states.length > 0);
  await w.accept(id, first);
  await until(() => watched.last()?.status === EmergencyStatus.ASSIGNED, 2_000);
  await citizen.client.cancel({ id, reason: CancelReason.RESOLVED });
  await watched.end;
  assert.ok(ascending(watched.states));
  await replica.stop();
});

test('a change that no event tells of is found by the poll', async () => {
  const replica = await w.start({ WATCH_POLL: '200ms' });
  const { id, citizen } = await pressed();
  const watched = follow(await w.person('citizen', citizen.id, replica.url), id);
  await until(() => watched.states.length > 0);
  await w.pool.query(`UPDATE emergencies SET description = 'diperbaiki', version = version + 1 WHERE id = $1`, [id]);
  await until(() => watched.last()?.description === 'diperbaiki', 2_000);
  await replica.stop();
});

test('streams are bounded, and one that ends makes room', async () => {
  const replica = await w.start({ WATCHERS_MAX: '1' });
  const { id, citizen } = await pressed();
  const there = await w.person('citizen', citizen.id, replica.url);
  const aborted = new AbortController();
  const watched = follow(there, id, aborted.signal);
  await until(() => watched.states.length > 0);
  assert.equal(await refusal(follow(there, id).end), 'ResourceExhausted TOO_MANY_WATCHERS');
  aborted.abort();
  await until(async () => {
    const next = follow(there, id, AbortSignal.timeout(500));
    return (await refusal(next.end)) !== 'ResourceExhausted TOO_MANY_WATCHERS';
  });
  await replica.stop();
});
