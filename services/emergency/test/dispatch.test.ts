import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DispatchAction, type DispatchDecision } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import {
  EmergencyEscalatedSchema,
  OffersClosedSchema,
  OffersMadeSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import {
  CancelReason,
  Category,
  EscalationReason,
  OfferStatus,
  Severity,
} from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { seed } from '../seed.ts';
import { until } from './until.ts';
import { type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('dispatch', {
    DISPATCH_OFFER_TIMEOUT: '1500ms',
    DISPATCH_CHECK_OFFERS: '200ms',
    DISPATCH_SEARCH_AGAIN: '200ms',
    DISPATCH_RETRY: '50ms',
    DISPATCH_ESCALATE_URGENT: '1s',
  });
});
after(() => w?.mesh.stop());
beforeEach(() => {
  w.around.clear();
  w.around.away = false;
});

const steps = (meters: number, count: number) => Array.from({ length: count }, (_, index) => meters * (index + 1));

const askedAre = (id: string, wanted: readonly string[]) =>
  until(async () => JSON.stringify(await w.asked(id)) === JSON.stringify(wanted));

async function decisions(id: string, pageSize = 500): Promise<DispatchDecision[]> {
  const all: DispatchDecision[] = [];
  for (let pageToken = ''; ; ) {
    const page = await w.dispatcher.client.listDispatchDecisions({ id, pageSize, pageToken });
    all.push(...page.decisions);
    pageToken = page.nextPageToken;
    if (pageToken === '') return all;
  }
}

const made = (all: readonly DispatchDecision[], action: DispatchAction) => all.filter((each) => each.action === action);

test('the seven nearest within the radius are asked, and the record says who was passed over', async () => {
  const ids = w.around.place(steps(40, 10));
  const { id } = await w.press();
  await askedAre(id, ids.slice(0, 7));
  const event = await until(async () => (await w.events.about(OffersMadeSchema, id))[0]);
  assert.deepEqual(
    event.offers.map(({ volunteerId }) => volunteerId),
    ids.slice(0, 7),
  );
  assert.equal(event.area, 'Gambir');
  assert.ok(Math.abs((event.offers[0]?.distanceMeters ?? 0) - 40) < 1);
  const all = await decisions(id, 4);
  assert.equal(made(all, DispatchAction.OFFERED).length, 7);
  assert.deepEqual(
    made(all, DispatchAction.SKIPPED).map(({ volunteerId, reason }) => [volunteerId, reason]),
    ids.slice(7).map((volunteerId) => [volunteerId, 'ENOUGH_OFFERS_OPEN']),
  );
  assert.equal((await w.look(id)).searchRadiusMeters, 500);
});

test('a refusal is replaced by the next nearest at once', async () => {
  const ids = w.around.place(steps(40, 9));
  const { id } = await w.press();
  await askedAre(id, ids.slice(0, 7));
  await w.decline(id, ids[2] ?? '');
  await askedAre(id, [...ids.slice(0, 2), ...ids.slice(3, 8)]);
});

test('silence is replaced, and who kept silent is not asked again', async () => {
  const ids = w.around.place(steps(40, 10));
  const { id } = await w.press();
  await askedAre(id, ids.slice(0, 7));
  await askedAre(id, ids.slice(7));
  const closed = await until(async () => {
    const events = (await w.events.about(OffersClosedSchema, id)).flatMap(({ offers }) => offers);
    return events.length >= 7 && events;
  });
  assert.ok(closed.every(({ status }) => status === OfferStatus.EXPIRED));
});

test('the radius is widened only as far as a shortfall makes it', async () => {
  w.around.place([...steps(40, 4), 700, 800, 900, 1_500]);
  const { id } = await w.press();
  await until(async () => (await w.asked(id)).length === 7);
  assert.equal((await w.look(id)).searchRadiusMeters, 1_000);
  assert.deepEqual(
    made(await decisions(id), DispatchAction.WIDENED).map(({ radiusMeters, reason }) => [radiusMeters, reason]),
    [[1_000, 'SHORTFALL']],
  );
});

test('only who has a skill that helps is asked', async () => {
  w.around.place([50, 60], Skill.EVACUATION);
  const [rescuer] = w.around.place([400], Skill.AED);
  const { id } = await w.press({ category: Category.CARDIAC_ARREST });
  await askedAre(id, [rescuer ?? '']);
});

test('who goes off duty is replaced, and may be asked again later', async () => {
  const ids = w.around.place(steps(40, 8));
  const { id } = await w.press();
  await askedAre(id, ids.slice(0, 7));
  w.around.find(ids[0] ?? '').onDuty = false;
  await askedAre(id, ids.slice(1));
  const withdrawn = made(await decisions(id), DispatchAction.WITHDREW);
  assert.deepEqual(
    withdrawn.map(({ volunteerId, reason }) => [volunteerId, reason]),
    [[ids[0], 'NO_LONGER_ELIGIBLE']],
  );
});

test('who accepts elsewhere is withdrawn here and replaced', async () => {
  const ids = w.around.place(steps(40, 8));
  const [first, second] = [await w.press(), await w.press()];
  await askedAre(first.id, ids.slice(0, 7));
  await askedAre(second.id, ids.slice(0, 7));
  await w.accept(first.id, ids[0] ?? '');
  await askedAre(second.id, ids.slice(1));
});

test('nobody near: PSC 119 of the regency is told at once, and the search goes on', async () => {
  const coordinators = [randomUUIDv7(), randomUUIDv7()].sort();
  await seed(w.pool, {
    coordinators: [
      ...coordinators.map((userId) => ({ regencyCode: '31.71', userId })),
      { regencyCode: '31.74', userId: randomUUIDv7() },
    ],
  });
  const { id } = await w.press();
  const [event] = await until(async () => {
    const events = await w.events.about(EmergencyEscalatedSchema, id);
    return events.length > 0 && events;
  });
  assert.equal(event?.reason, EscalationReason.NOBODY_LEFT);
  assert.equal(event?.regency, 'Kota Administrasi Jakarta Pusat');
  assert.deepEqual([...(event?.coordinatorIds ?? [])].sort(), coordinators);
  assert.equal((await w.look(id)).escalationReason, EscalationReason.NOBODY_LEFT);

  await sleep(1_000);
  const before = await decisions(id);
  assert.equal(made(before, DispatchAction.ESCALATED).length, 1);
  assert.equal(made(before, DispatchAction.SEARCHED).length, 1, 'searches that find nobody again leave no trace');
  const [late] = w.around.place([300]);
  await askedAre(id, [late ?? '']);
});

test('when too few accept in time PSC 119 is told, and offers go on', async () => {
  w.around.place(steps(40, 12));
  const { id } = await w.press({ severity: Severity.URGENT });
  await until(async () => (await w.look(id)).escalationReason === EscalationReason.TIME_RAN_OUT);
  assert.ok((await w.asked(id)).length > 0);
});

test('while volunteers cannot be searched it is put on record once, and offers follow as soon as they can', async () => {
  const ids = w.around.place(steps(40, 7));
  w.around.away = true;
  const { id } = await w.press();
  await until(async () => (await decisions(id)).length > 0);
  await sleep(700);
  assert.deepEqual(
    (await decisions(id)).map(({ action, reason }) => [action, reason]),
    [[DispatchAction.DEFERRED, 'VOLUNTEERS_UNAVAILABLE']],
  );
  w.around.away = false;
  await askedAre(id, ids);
});

test('time runs out also while volunteers cannot be searched', async () => {
  w.around.away = true;
  const { id } = await w.press({ severity: Severity.URGENT });
  await until(async () => (await w.look(id)).escalationReason === EscalationReason.TIME_RAN_OUT);
});

test('a call that is off asks nobody any more', async () => {
  const ids = w.around.place(steps(40, 7));
  const { id, citizen } = await w.press();
  await askedAre(id, ids);
  await citizen.client.cancel({ id, reason: CancelReason.FALSE_ALARM });
  w.around.place(steps(10, 7));
  await sleep(600);
  assert.deepEqual(await w.asked(id), []);
});
