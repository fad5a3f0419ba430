import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  EmergencyCancelledSchema,
  EmergencyCompletedSchema,
  ResponderAcceptedSchema,
  ResponderProgressedSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import {
  AvailabilityChangedSchema,
  CertificationVerifiedSchema,
  VolunteerJoinedSchema,
} from '@kreki/gen/kreki/volunteer/v1/volunteer_events_pb.js';
import { DutyStatus, Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { type Events, openEvents } from './events.ts';
import { monas, until, type Volunteer, type World, world } from './world.ts';

let w: World;
let events: Events;
before(async () => {
  w = await world('engagement');
  events = await openEvents(w.mesh.nats.url);
  w.mesh.onStop(() => events.stop());
});
after(() => w?.mesh.stop());

const start = Date.now();
const second = (n: number) => timestampFromMs(start + n * 1_000);

const accept = (emergencyId: string, { id }: Volunteer, at: number) =>
  events.publish(ResponderAcceptedSchema, { emergencyId, volunteerId: id, acceptTime: second(at) }, emergencyId);
const progress = (emergencyId: string, { id }: Volunteer, status: ResponseStatus, at: number) =>
  events.publish(
    ResponderProgressedSchema,
    { emergencyId, volunteerId: id, status, progressTime: second(at) },
    emergencyId,
  );
const complete = (emergencyId: string, responders: Volunteer[], at: number) =>
  events.publish(
    EmergencyCompletedSchema,
    { emergencyId, responderIds: responders.map(({ id }) => id), completeTime: second(at) },
    emergencyId,
  );

async function engagedOn({ client }: Volunteer): Promise<string> {
  return (await client.getProfile({ volunteerId: 'me' })).volunteer?.engagedEmergencyId ?? '';
}

const becomes = (volunteer: Volunteer, emergencyId: string) =>
  until(async () => (await engagedOn(volunteer)) === emergencyId);

/** Waits until everything published before has been handled. */
async function settled(): Promise<void> {
  const [marker, emergencyId] = [await w.volunteer(), randomUUIDv7()];
  await accept(emergencyId, marker, 0);
  await becomes(marker, emergencyId);
}

async function isFound({ id }: Volunteer): Promise<boolean> {
  const search = { location: monas, radiusMeters: 500, skills: [Skill.BASIC_LIFE_SUPPORT], limit: 100 };
  return (await w.dispatcher.findNearby(search)).volunteers.some(({ volunteerId }) => volunteerId === id);
}

test('who accepts is engaged and found no more; who is done or withdraws is free again', async () => {
  for (const status of [ResponseStatus.COMPLETED, ResponseStatus.WITHDRAWN]) {
    const [volunteer, emergencyId] = [await w.volunteer(), randomUUIDv7()];
    await accept(emergencyId, volunteer, 1);
    await becomes(volunteer, emergencyId);
    assert.equal(await isFound(volunteer), false);
    await progress(emergencyId, volunteer, ResponseStatus.EN_ROUTE, 2);
    await progress(emergencyId, volunteer, ResponseStatus.ARRIVED, 3);
    await settled();
    assert.equal(await engagedOn(volunteer), emergencyId);
    await progress(emergencyId, volunteer, status, 4);
    await becomes(volunteer, '');
    assert.equal(await isFound(volunteer), true);
  }
});

test('the end of an emergency frees everybody who is on it, named or not, and nobody else', async () => {
  const [one, two, other] = [await w.volunteer(), await w.volunteer(), await w.volunteer()];
  const [over, going, cancelled] = [randomUUIDv7(), randomUUIDv7(), randomUUIDv7()];
  await accept(over, one, 1);
  await accept(over, two, 1);
  await accept(going, other, 1);
  await Promise.all([becomes(one, over), becomes(two, over), becomes(other, going)]);
  await complete(over, [one], 2);
  await Promise.all([becomes(one, ''), becomes(two, '')]);
  assert.equal(await engagedOn(other), going);
  await accept(cancelled, one, 3);
  await becomes(one, cancelled);
  await events.publish(EmergencyCancelledSchema, { emergencyId: cancelled, cancelTime: second(4) }, cancelled);
  await becomes(one, '');
});

test('an acceptance that arrives after the end of its emergency engages nobody', async () => {
  const [volunteer, emergencyId] = [await w.volunteer(), randomUUIDv7()];
  await complete(emergencyId, [volunteer], 2);
  await settled();
  await accept(emergencyId, volunteer, 1);
  await settled();
  assert.equal(await engagedOn(volunteer), '');
});

test('the end of an earlier emergency leaves who is on a later one', async () => {
  const [volunteer, earlier, later] = [await w.volunteer(), randomUUIDv7(), randomUUIDv7()];
  await accept(later, volunteer, 5);
  await becomes(volunteer, later);
  await accept(earlier, volunteer, 1);
  await complete(earlier, [volunteer], 2);
  await settled();
  assert.equal(await engagedOn(volunteer), later);
});

test('who withdrew and accepts again is engaged again', async () => {
  const [volunteer, emergencyId] = [await w.volunteer(), randomUUIDv7()];
  await accept(emergencyId, volunteer, 1);
  await progress(emergencyId, volunteer, ResponseStatus.WITHDRAWN, 2);
  await accept(emergencyId, volunteer, 3);
  await becomes(volunteer, emergencyId);
  await settled();
  assert.equal(await engagedOn(volunteer), emergencyId);
});

test('joining, going on and off duty, and checked certificates are told, once each', async () => {
  const { id, client, certificationId } = await w.volunteer();
  await client.setAvailability({ dutyStatus: DutyStatus.ON_DUTY });
  await client.setAvailability({ dutyStatus: DutyStatus.OFF_DUTY });
  await w.dispatcher.verifyCertification({ volunteerId: id, certificationId });
  await w.dispatcher.verifyCertification({ volunteerId: id, certificationId, reject: true });
  const about = async <T extends { volunteerId: string }>(messages: Promise<T[]>) =>
    (await messages).filter(({ volunteerId }) => volunteerId === id);

  const verifications = await until(async () => {
    const told = await about(events.published(CertificationVerifiedSchema));
    return told.length >= 2 ? told : undefined;
  });
  assert.deepEqual(
    verifications?.map(({ genuine }) => genuine),
    [true, false],
  );
  assert.equal(verifications?.[0]?.certificationId, certificationId);
  assert.equal((await about(events.published(VolunteerJoinedSchema))).length, 1);
  const changes = await about(events.published(AvailabilityChangedSchema));
  assert.deepEqual(
    changes.map(({ dutyStatus }) => dutyStatus),
    [DutyStatus.ON_DUTY, DutyStatus.OFF_DUTY],
  );
});
