import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  EmergencyCancelledSchema,
  EmergencyCompletedSchema,
  OffersClosedSchema,
  ResponderProgressedSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import {
  CancelReason,
  EmergencyStatus,
  OfferStatus,
  ResponseStatus,
  Severity,
} from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { until } from './until.ts';
import { type Person, refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('lifecycle');
});
after(() => w?.mesh.stop());
beforeEach(() => w.around.clear());

const INVALID = 'FailedPrecondition INVALID_TRANSITION';

/** An emergency that somebody has accepted, and somebody else was asked about. */
async function accepted(severity = Severity.CRITICAL): Promise<{ id: string; citizen: Person; responder: Person }> {
  const [nearest = ''] = w.around.place([50, 100]);
  const { id, citizen } = await w.press({ severity });
  await until(async () => (await w.asked(id)).length === 2);
  await w.accept(id, nearest);
  return { id, citizen, responder: await w.person('volunteer', nearest) };
}

const published = <T>(look: () => Promise<T[]>, count: number) =>
  until(async () => {
    const events = await look();
    return events.length >= count && events;
  });

test('a responder sets out, arrives and completes, and each step is told', async () => {
  const { id, citizen, responder } = await accepted();
  const to = async (status: ResponseStatus) => (await responder.client.updateResponse({ id, status })).emergency;
  assert.equal((await to(ResponseStatus.EN_ROUTE))?.status, EmergencyStatus.RESPONDING);
  const there = await to(ResponseStatus.ARRIVED);
  assert.ok(there?.arriveTime);
  assert.equal((await to(ResponseStatus.ARRIVED))?.version, there.version, 'saying so again changes nothing');
  assert.equal(await refusal(to(ResponseStatus.EN_ROUTE)), INVALID);

  const { emergency } = await responder.client.complete({ id });
  assert.equal(emergency?.status, EmergencyStatus.COMPLETED);
  assert.equal(emergency.responses[0]?.status, ResponseStatus.COMPLETED);
  assert.equal((await responder.client.complete({ id })).emergency?.version, emergency.version);

  const [completed] = await published(() => w.events.about(EmergencyCompletedSchema, id), 1);
  assert.deepEqual([completed?.requesterId, completed?.responderIds], [citizen.id, [responder.id]]);
  const steps = await w.events.about(ResponderProgressedSchema, id);
  assert.deepEqual(
    steps.map(({ status }) => status),
    [ResponseStatus.EN_ROUTE, ResponseStatus.ARRIVED],
  );
  const [closed] = (await w.events.about(OffersClosedSchema, id)).flatMap(({ offers }) => offers);
  assert.equal(closed?.status, OfferStatus.WITHDRAWN);
  assert.equal(await refusal(to(ResponseStatus.WITHDRAWN)), INVALID);
  assert.equal(await refusal(citizen.client.cancel({ id, reason: CancelReason.RESOLVED })), INVALID);
});

test('who has completed one may respond to the next', async () => {
  const { id, responder } = await accepted(Severity.NORMAL);
  await responder.client.updateResponse({ id, status: ResponseStatus.ARRIVED });
  await responder.client.complete({ id });
  const next = await w.press();
  await until(async () => (await w.asked(next.id)).includes(responder.id));
  await w.accept(next.id, responder.id);
});

test('who has not arrived cannot complete; a dispatcher can', async () => {
  const { id, responder } = await accepted();
  assert.equal(await refusal(responder.client.complete({ id })), INVALID);
  const { emergency } = await w.dispatcher.client.complete({ id });
  assert.equal(emergency?.status, EmergencyStatus.COMPLETED);
  assert.ok(emergency.completeTime);
});

test('its requester calls it off for a reason, once', async () => {
  const { id, citizen, responder } = await accepted();
  const { emergency } = await citizen.client.cancel({ id, reason: CancelReason.RESOLVED });
  assert.deepEqual(
    [emergency?.status, emergency?.cancelReason, emergency?.openOffers],
    [EmergencyStatus.CANCELLED, CancelReason.RESOLVED, 0],
  );
  const again = await citizen.client.cancel({ id, reason: CancelReason.DUPLICATE });
  assert.equal(again.emergency?.cancelReason, CancelReason.RESOLVED);
  const [cancelled, ...more] = await published(() => w.events.about(EmergencyCancelledSchema, id), 1);
  assert.deepEqual([cancelled?.reason, cancelled?.responderIds], [CancelReason.RESOLVED, [responder.id]]);
  assert.equal(more.length, 0);
  assert.equal(await refusal(w.dispatcher.client.complete({ id })), INVALID);
});

test('it stands where the furthest of its responders does', async () => {
  const { id, responder } = await accepted();
  const [other = ''] = await w.asked(id);
  await w.accept(id, other);
  const second = await w.person('volunteer', other);
  await second.client.updateResponse({ id, status: ResponseStatus.EN_ROUTE });
  assert.equal((await w.look(id)).status, EmergencyStatus.RESPONDING);
  await second.client.updateResponse({ id, status: ResponseStatus.WITHDRAWN });
  assert.equal((await w.look(id)).status, EmergencyStatus.ASSIGNED);
  await responder.client.updateResponse({ id, status: ResponseStatus.WITHDRAWN });
  assert.equal((await w.look(id)).status, EmergencyStatus.PENDING);
});
