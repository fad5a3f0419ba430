import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OfferClosedSchema, ResponderAcceptedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import {
  CancelReason,
  EmergencyStatus,
  OfferStatus,
  ResponseStatus,
  Severity,
} from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { eventsOf } from './events.ts';
import { until } from './until.ts';
import { accept, becomes, decline, type Person, refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('respond', { DISPATCH_OFFERS_OUTSTANDING: '20' });
});
after(() => w?.mesh.stop());

/** An emergency with that many volunteers who were offered it. */
async function offered(count: number, severity = Severity.CRITICAL) {
  const at = w.place();
  const volunteers = await w.volunteers(
    at,
    Array.from({ length: count }, (_, n) => 20 + n),
  );
  const { emergency, requester } = await w.press(at, { severity });
  await becomes(w, emergency.id, ({ openOffers }) => openOffers === count);
  return { id: emergency.id, at, volunteers, requester };
}

const first = (volunteers: readonly Person[]): Person => {
  const [volunteer] = volunteers;
  assert.ok(volunteer);
  return volunteer;
};

test('twenty acceptances in the same instant fill exactly the two places there are', async () => {
  const { id, volunteers } = await offered(20);
  const answers = await Promise.all(volunteers.map((volunteer) => refusal(accept(volunteer, id))));
  assert.equal(answers.filter((answer) => answer === 'answered').length, 2);
  assert.equal(answers.filter((answer) => answer === 'FailedPrecondition RESPONDERS_FILLED').length, 18);

  const { emergency } = await w.dispatcher.get({ id });
  assert.equal(emergency?.status, EmergencyStatus.ASSIGNED);
  assert.equal(emergency?.responses.length, 2);
  assert.equal(emergency?.openOffers, 0);
  const closed = await eventsOf(w.pool, OfferClosedSchema, id);
  assert.equal(closed.length, 18);
  assert.ok(closed.every(({ status }) => status === OfferStatus.WITHDRAWN));
  const accepted = await eventsOf(w.pool, ResponderAcceptedSchema, id);
  const responders = volunteers.filter((_, n) => answers[n] === 'answered').map((volunteer) => volunteer.id);
  assert.deepEqual(accepted.map(({ volunteerId }) => volunteerId).sort(), responders.sort());
});

test('the same answer again gives the same result', async () => {
  const { id, volunteers } = await offered(3, Severity.URGENT);
  const [taker, refuser] = volunteers as [Person, Person];
  await decline(refuser, id);
  const declined = (await decline(refuser, id)).emergency;
  assert.equal(declined?.ownOffer?.status, OfferStatus.DECLINED);
  const once = (await accept(taker, id)).emergency;
  const again = (await accept(taker, id)).emergency;
  assert.equal(once?.status, EmergencyStatus.ASSIGNED);
  assert.equal(again?.version, once?.version);
  assert.equal((await eventsOf(w.pool, ResponderAcceptedSchema, id)).length, 1);
  assert.equal(await refusal(decline(taker, id)), 'FailedPrecondition INVALID_TRANSITION');
  assert.match(await refusal(accept(refuser, id)), /^FailedPrecondition (OFFER_CLOSED|RESPONDERS_FILLED)$/);
});

test('who accepted one emergency is refused another, and is replaced in those that wait', async () => {
  const at = w.place();
  const [volunteer] = await w.volunteers(at, [20]);
  assert.ok(volunteer);
  const one = await w.press(at, { severity: Severity.URGENT });
  const other = await w.press(at, { severity: Severity.URGENT });
  const ids = [one.emergency.id, other.emergency.id];
  for (const id of ids) await becomes(w, id, ({ openOffers }) => openOffers === 1);
  const answers = await Promise.all(ids.map((id) => refusal(accept(volunteer, id))));
  assert.equal(answers.filter((answer) => answer === 'answered').length, 1);
  const left = ids[answers.indexOf('answered') === 0 ? 1 : 0] ?? '';
  assert.match(
    answers.find((answer) => answer !== 'answered') ?? '',
    /^FailedPrecondition (ALREADY_RESPONDING|OFFER_CLOSED)$/,
  );

  await becomes(w, left, ({ openOffers }) => openOffers === 0, 4_000);
  const closed = await eventsOf(w.pool, OfferClosedSchema, left);
  assert.deepEqual(
    closed.map(({ status }) => status),
    [OfferStatus.WITHDRAWN],
  );
});

test('two responders who accept each other’s emergencies at once are each on one', async () => {
  for (let round = 0; round < 5; round++) {
    const at = w.place();
    const volunteers = await w.volunteers(at, [20, 30]);
    const presses = [await w.press(at), await w.press(at)];
    const ids = presses.map(({ emergency }) => emergency.id);
    for (const id of ids) await becomes(w, id, ({ openOffers }) => openOffers === 2);
    const answers = await Promise.all(
      volunteers.flatMap((volunteer, n) => {
        const order = n === 0 ? ids : [...ids].reverse();
        return order.map((id) => refusal(accept(volunteer, id)));
      }),
    );
    assert.equal(answers.filter((answer) => answer === 'answered').length, 2, answers.join());
  }
});

test('an offer that was withdrawn with its emergency is closed', async () => {
  const { id, volunteers, requester } = await offered(2);
  await requester.client.cancel({ id, reason: CancelReason.FALSE_ALARM });
  assert.equal(await refusal(accept(first(volunteers), id)), 'FailedPrecondition OFFER_CLOSED');
  assert.equal(await refusal(decline(first(volunteers), id)), 'FailedPrecondition OFFER_CLOSED');
});

test('a responder who withdraws frees the place: the emergency waits again and others are asked', async () => {
  const { id, at, volunteers } = await offered(2, Severity.URGENT);
  const [responder, other] = volunteers as [Person, Person];
  await accept(responder, id);
  assert.match(await refusal(accept(other, id)), /RESPONDERS_FILLED/);
  const [third] = await w.volunteers(at, [40]);
  const { emergency } = await responder.client.updateResponse({ id, status: ResponseStatus.WITHDRAWN });
  assert.equal(emergency?.status, EmergencyStatus.PENDING);
  assert.equal(emergency?.locationApproximate, true);
  await until(async () => (await third?.client.get({ id }).catch(() => undefined))?.emergency?.ownOffer);
  await accept(third as Person, id);
  assert.equal((await w.dispatcher.get({ id })).emergency?.status, EmergencyStatus.ASSIGNED);
  assert.match(await refusal(accept(responder, id)), /^FailedPrecondition (RESPONDERS_FILLED|OFFER_CLOSED)$/);
});

test('who withdrew cannot come back to the exact place by accepting once more', async () => {
  const { id, volunteers } = await offered(1);
  const responder = first(volunteers);
  assert.equal((await accept(responder, id)).emergency?.locationApproximate, false);
  await responder.client.updateResponse({ id, status: ResponseStatus.WITHDRAWN });
  assert.equal(await refusal(accept(responder, id)), 'FailedPrecondition OFFER_CLOSED');
  assert.equal((await responder.client.get({ id })).emergency?.locationApproximate, true);
});

test('without an offer there is nothing to answer, whether the emergency exists or not', async () => {
  const { id } = await offered(1);
  const stranger = await w.person('volunteer');
  for (const each of [id, '01999999-0000-7000-8000-000000000000']) {
    assert.equal(await refusal(accept(stranger, each)), 'PermissionDenied NOT_YOUR_EMERGENCY');
  }
});
