import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { OffersClosedSchema, ResponderAcceptedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import {
  CancelReason,
  EmergencyStatus,
  OfferStatus,
  ResponseStatus,
  Severity,
} from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { OfferAnsweredSchema } from '@kreki/gen/kreki/notification/v1/notification_events_pb.js';
import { until } from './until.ts';
import { refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('respond', { DISPATCH_OFFERS_OUTSTANDING: '20' });
});
after(() => w?.mesh.stop());
beforeEach(() => w.around.clear());

/** An emergency, and the volunteers who were asked. */
async function asked(count: number, severity = Severity.CRITICAL) {
  const ids = w.around.place(Array.from({ length: count }, (_, index) => 20 * (index + 1)));
  const { id, citizen } = await w.press({ severity });
  await until(async () => (await w.asked(id)).length === count);
  return { id, citizen, ids, first: ids[0] ?? '', second: ids[1] ?? '', third: ids[2] ?? '' };
}

test('twenty who accept at the same instant fill exactly the two places', async () => {
  const { id, ids } = await asked(20);
  const answers = await Promise.all(ids.map((volunteerId) => refusal(w.accept(id, volunteerId))));
  assert.equal(answers.filter((answer) => answer === 'answered').length, 2);
  assert.equal(answers.filter((answer) => answer === 'FailedPrecondition RESPONDERS_FILLED').length, 18);
  const { responses, openOffers, status } = await w.look(id);
  assert.deepEqual([responses.length, openOffers, status], [2, 0, EmergencyStatus.ASSIGNED]);
  const [accepted, closed] = await until(async () => {
    const events = [
      await w.events.about(ResponderAcceptedSchema, id),
      (await w.events.about(OffersClosedSchema, id)).flatMap(({ offers }) => offers),
    ] as const;
    return events[1].length >= 18 && events;
  });
  assert.equal(accepted.length, 2);
  assert.equal(closed.length, 18);
  assert.ok(closed.every((offer) => offer.status === OfferStatus.WITHDRAWN));
});

test('the same answer again gives the same result', async () => {
  const { id, first, second } = await asked(3);
  const accepted = await w.accept(id, first);
  assert.equal((await w.accept(id, first)).version, accepted.version);
  const declined = await w.decline(id, second);
  assert.equal((await w.decline(id, second)).version, declined.version);
  assert.equal(await refusal(w.decline(id, first)), 'FailedPrecondition INVALID_TRANSITION');
  assert.equal(await refusal(w.accept(id, second)), 'FailedPrecondition OFFER_CLOSED');
});

test('nobody responds to two emergencies at a time, however close together the answers', async () => {
  const one = await asked(1);
  const other = await w.press();
  await until(async () => (await w.asked(other.id)).length === 1);
  const answers = await Promise.all([one.id, other.id].map((id) => refusal(w.accept(id, one.first))));
  assert.deepEqual(answers.sort(), ['FailedPrecondition ALREADY_RESPONDING', 'answered']);
});

test('when a responder withdraws, those no longer needed are asked again, and the responder is not', async () => {
  const { id, ids, first } = await asked(4, Severity.NORMAL);
  await w.accept(id, first);
  assert.deepEqual(await w.asked(id), []);
  const { client } = await w.person('volunteer', first);
  const { emergency } = await client.updateResponse({ id, status: ResponseStatus.WITHDRAWN });
  assert.equal(emergency?.status, EmergencyStatus.PENDING);
  assert.ok(emergency?.locationApproximate, 'the exact place is for those who come');
  await until(async () => JSON.stringify(await w.asked(id)) === JSON.stringify(ids.slice(1)));
  assert.equal(await refusal(w.accept(id, first)), 'FailedPrecondition OFFER_CLOSED');
  assert.equal((await w.accept(id, ids[3] ?? '')).status, EmergencyStatus.ASSIGNED);
});

test('others were faster, also when it is over by then', async () => {
  const { id, first, second, citizen } = await asked(2, Severity.NORMAL);
  await w.accept(id, first);
  assert.equal(await refusal(w.accept(id, second)), 'FailedPrecondition RESPONDERS_FILLED');
  await citizen.client.cancel({ id, reason: CancelReason.RESOLVED });
  assert.equal(await refusal(w.accept(id, second)), 'FailedPrecondition RESPONDERS_FILLED');
});

test('an offer withdrawn because it was called off is closed', async () => {
  const { id, first, citizen } = await asked(1);
  await citizen.client.cancel({ id, reason: CancelReason.RESOLVED });
  assert.equal(await refusal(w.accept(id, first)), 'FailedPrecondition OFFER_CLOSED');
});

test('an answer from a message counts as one from the app, once, and one too late is no fault', async () => {
  const { id, first, second, third } = await asked(3, Severity.NORMAL);
  const answer = (volunteerId: string, accepted: boolean, emergencyId = id) =>
    w.events.publish(OfferAnsweredSchema, { emergencyId, volunteerId, accepted }, emergencyId);
  await answer(first, false);
  await until(async () => (await w.asked(id)).length === 2);
  const again = await answer(second, true);
  await until(async () => (await w.look(id)).status === EmergencyStatus.ASSIGNED);
  await again();
  await answer(third, true);
  await answer(third, true, randomUUIDv7());
  const handled = 'SELECT count(*)::int AS n FROM inbox';
  await until(async () => (await w.pool.query<{ n: number }>(handled)).rows[0]?.n === 4);
  assert.equal((await w.look(id)).responses.length, 1);
});
