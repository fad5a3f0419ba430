import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { OfferClosedSchema, OfferMadeSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { Category, OfferStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { eventsOf } from './events.ts';
import { until } from './until.ts';
import { becomes, decline, type Person, type World, world } from './world.ts';

const OFFER_TIMEOUT_MS = 2_500;

let w: World;
before(async () => {
  w = await world('dispatch', { DISPATCH_OFFER_TIMEOUT: `${OFFER_TIMEOUT_MS}ms`, DISPATCH_SEARCH_AGAIN: '300ms' });
});
after(() => w?.mesh.stop());

const made = async (id: string) => (await eventsOf(w.pool, OfferMadeSchema, id)).map(({ volunteerId }) => volunteerId);
const ids = (people: readonly Person[]) => people.map(({ id }) => id);
const decisions = async (id: string) => (await w.dispatcher.listDispatchDecisions({ id, pageSize: 500 })).decisions;
const range = (count: number, from: number, step: number) => Array.from({ length: count }, (_, n) => from + n * step);

test('the seven nearest are asked, and told the distance and roughly where', async () => {
  const at = w.place();
  const volunteers = await w.volunteers(at, range(9, 50, 20));
  const { emergency } = await w.press(at, { category: Category.CARDIAC_ARREST });
  await becomes(w, emergency.id, ({ openOffers }) => openOffers === 7);
  const offers = await eventsOf(w.pool, OfferMadeSchema, emergency.id);
  assert.deepEqual(
    offers.map(({ volunteerId }) => volunteerId),
    ids(volunteers.slice(0, 7)),
  );
  assert.ok(Math.abs((offers[0]?.distanceMeters ?? 0) - 50) < 1);
  assert.equal(Number(offers[0]?.expireTime?.seconds) - Number(offers[0]?.offerTime?.seconds) >= 2, true);
  assert.equal((await w.dispatcher.get({ id: emergency.id })).emergency?.searchRadiusMeters, 500);
});

test('only a certificate for the skill makes somebody eligible, and never the requester', async () => {
  const at = w.place();
  const [trained] = await w.volunteers(at, [100], Skill.AED);
  const [untrained] = await w.volunteers(at, [50], Skill.EVACUATION);
  const [self] = await w.volunteers(at, [10], Skill.AED);
  assert.ok(trained && untrained && self);
  const { emergency } = await self.client.triggerPanic({ location: at, category: Category.CARDIAC_ARREST });
  await becomes(w, emergency?.id ?? '', ({ openOffers }) => openOffers > 0);
  assert.deepEqual(await made(emergency?.id ?? ''), [trained.id]);
});

test('who declines is replaced at once by the next best, and nobody is asked twice', async () => {
  const at = w.place();
  const volunteers = await w.volunteers(at, range(9, 50, 20));
  const { emergency } = await w.press(at);
  const { id } = emergency;
  await becomes(w, id, ({ openOffers }) => openOffers === 7);
  await decline(volunteers[3] as Person, id);
  await becomes(w, id, ({ openOffers }) => openOffers === 7, 1_500);
  await decline(volunteers[0] as Person, id);
  await until(async () => (await made(id)).length === 9, 1_500);
  assert.deepEqual((await made(id)).sort(), ids(volunteers).sort());
});

test('silence is closed as expired, and the next best are asked', async () => {
  const at = w.place();
  const volunteers = await w.volunteers(at, range(9, 50, 20));
  const { emergency } = await w.press(at);
  const { id } = emergency;
  const closed = await until(async () => {
    const events = await eventsOf(w.pool, OfferClosedSchema, id);
    return events.length >= 7 ? events : undefined;
  });
  assert.ok(closed.every(({ status }) => status === OfferStatus.EXPIRED));
  await until(async () => (await made(id)).length === 9);
  assert.deepEqual((await made(id)).slice(7), ids(volunteers.slice(7)));
});

test('the radius is widened from 500 over 1,000 to 2,000 metres, and only on a shortfall', async () => {
  const at = w.place();
  await w.volunteers(at, range(7, 50, 10));
  const enough = await w.press(at, { severity: Severity.NORMAL });
  await becomes(w, enough.emergency.id, ({ openOffers }) => openOffers === 7);
  await sleep(500);
  assert.equal((await w.dispatcher.get({ id: enough.emergency.id })).emergency?.searchRadiusMeters, 500);

  const [near, wide] = [w.place(), w.place()];
  await w.volunteers(near, [100, ...range(6, 700, 10), 1_800]);
  const second = await w.press(near);
  const found = await becomes(w, second.emergency.id, ({ openOffers }) => openOffers === 7);
  assert.equal(found.searchRadiusMeters, 1_000);

  await w.volunteers(wide, [100, 700, 1_800, 2_300]);
  const third = await w.press(wide);
  const widest = await becomes(w, third.emergency.id, ({ openOffers }) => openOffers === 3);
  assert.equal(widest.searchRadiusMeters, 2_000);
  const widened = (await decisions(third.emergency.id)).filter(({ action }) => action === DispatchAction.WIDENED);
  assert.deepEqual(
    widened.map(({ radiusMeters, reason }) => `${radiusMeters} ${reason}`),
    ['1000 SHORTFALL', '2000 SHORTFALL'],
  );
});

test('who comes near later is found by a later search', async () => {
  const at = w.place();
  const { emergency } = await w.press(at);
  await sleep(600);
  const [late] = await w.volunteers(at, [400]);
  await until(async () => (await made(emergency.id)).includes(late?.id ?? ''));
});

test('a move of the emergency is followed by the search', async () => {
  const [at, there] = [w.place(), w.place()];
  const [volunteer] = await w.volunteers(there, [50]);
  const { emergency, requester } = await w.press(at);
  await becomes(w, emergency.id, ({ searchRadiusMeters }) => searchRadiusMeters === 2_000);
  await requester.client.triggerPanic({ location: there });
  await until(async () => (await made(emergency.id)).includes(volunteer?.id ?? ''));
});

test('while volunteers cannot be searched it says so once, and asks when they can again', async () => {
  const at = w.place();
  const [volunteer] = await w.volunteers(at, [50]);
  await w.volunteerService.kill();
  const { emergency } = await w.press(at);
  await until(async () => (await decisions(emergency.id)).length > 0);
  await sleep(3_000);
  assert.deepEqual(
    (await decisions(emergency.id)).map(({ action, reason }) => [action, reason]),
    [[DispatchAction.DEFERRED, 'VOLUNTEERS_UNAVAILABLE']],
  );
  await w.volunteerService.start();
  await until(async () => (await made(emergency.id)).includes(volunteer?.id ?? ''));
});

test('dispatch goes on where it was after the service has restarted', async () => {
  const other = await world('restart', { DISPATCH_OFFER_TIMEOUT: '3s' });
  try {
    const at = other.place();
    const volunteers = await other.volunteers(at, range(10, 50, 20));
    const { emergency } = await other.press(at);
    await becomes(other, emergency.id, ({ openOffers }) => openOffers === 7);
    await other.stopFirst();
    const again = await other.replica();
    const { client } = await other.person('dispatcher', undefined, again.url);
    await until(async () => (await eventsOf(other.pool, OfferMadeSchema, emergency.id)).length === 10);
    const asked = (await eventsOf(other.pool, OfferMadeSchema, emergency.id)).map(({ volunteerId }) => volunteerId);
    assert.deepEqual(asked.sort(), ids(volunteers).sort());
    assert.equal((await client.get({ id: emergency.id })).emergency?.openOffers, 3);
  } finally {
    await other.mesh.stop();
  }
});
