import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { DutyStatus, Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { type Difference, monas, refusal, type Volunteer, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('nearby');
});
after(() => w?.mesh.stop());

const MINUTE_MS = 60_000;
const bls = { location: monas, radiusMeters: 2_000, skills: [Skill.BASIC_LIFE_SUPPORT], limit: 100 };

async function found(request: Parameters<World['dispatcher']['findNearby']>[0] = bls): Promise<Set<string>> {
  const { volunteers } = await w.dispatcher.findNearby(request);
  return new Set(volunteers.map(({ volunteerId }) => volunteerId));
}

const table: readonly (readonly [string, boolean, Difference])[] = [
  ['who is on duty, verified, certified, fresh and near', true, {}],
  ['who is off duty', false, { onDuty: false }],
  ['who has no certificate', false, { certified: false }],
  ['whose certificate nobody has checked', false, { verified: false }],
  ['whose certificate has lapsed', false, { validUntil: new Date(Date.now() - MINUTE_MS) }],
  ['whose certificate is not valid yet', false, { validFrom: new Date(Date.now() + MINUTE_MS) }],
  ['whose certificate is for another skill', false, { skill: Skill.EVACUATION }],
  ['whose position is 16 minutes old', false, { positionAgeMs: 16 * MINUTE_MS }],
  ['whose position is 14 minutes old', true, { positionAgeMs: 14 * MINUTE_MS }],
  ['who has sent no position', false, { located: false }],
  ['who is 1,990 m away', true, { metersNorth: 1_990 }],
  ['who is 2,010 m away', false, { metersNorth: 2_010 }],
];

for (const [who, isFound, difference] of table) {
  test(`a search ${isFound ? 'finds' : 'passes over'} a volunteer ${who}`, async () => {
    const volunteer = await w.volunteer(difference);
    assert.equal((await found()).has(volunteer.id), isFound);
  });
}

test('a search passes over a volunteer whose certificates were all found false', async () => {
  const volunteer = await w.volunteer();
  await w.dispatcher.verifyCertification({
    volunteerId: volunteer.id,
    certificationId: volunteer.certificationId,
    reject: true,
  });
  assert.equal((await found()).has(volunteer.id), false);
});

test('a search passes over a volunteer who is engaged, until that is over', async () => {
  const volunteer = await w.volunteer();
  const engage = 'UPDATE volunteers SET engaged_emergency_id = $2 WHERE id = $1';
  await w.pool.query(engage, [volunteer.id, volunteer.id]);
  assert.equal((await found()).has(volunteer.id), false);
  await w.pool.query(engage, [volunteer.id, null]);
  assert.equal((await found()).has(volunteer.id), true);
});

test('a search passes over those it is told to leave out', async () => {
  const volunteer = await w.volunteer();
  assert.equal((await found({ ...bls, excludeIds: [volunteer.id] })).has(volunteer.id), false);
});

test('a volunteer who goes off duty is passed over at once', async () => {
  const volunteer = await w.volunteer();
  assert.equal((await found()).has(volunteer.id), true);
  await volunteer.client.setAvailability({ dutyStatus: DutyStatus.OFF_DUTY });
  assert.equal((await found()).has(volunteer.id), false);
});

test('a search without skills takes any certified one, and one with several takes either', async () => {
  const driver = await w.volunteer({ skill: Skill.EVACUATION });
  const uncertified = await w.volunteer({ certified: false });
  const any = await found({ ...bls, skills: [] });
  assert.equal(any.has(driver.id), true);
  assert.equal(any.has(uncertified.id), false);
  const either = await found({ ...bls, skills: [Skill.AED, Skill.EVACUATION] });
  assert.equal(either.has(driver.id), true);
});

test('a search may ask for fresher positions', async () => {
  const volunteer = await w.volunteer({ positionAgeMs: 5 * MINUTE_MS });
  assert.equal((await found({ ...bls, maxPositionAge: durationFromMs(4 * MINUTE_MS) })).has(volunteer.id), false);
  assert.equal((await found({ ...bls, maxPositionAge: durationFromMs(6 * MINUTE_MS) })).has(volunteer.id), true);
});

test('distances are geodesic metres as ST_Distance gives them, the nearest first, no more than the limit', async () => {
  const place = { latitude: -7.5, longitude: 110.8, accuracyMeters: 0 };
  const places = [
    { latitude: -7.509, longitude: 110.8, meters: 995.339 },
    { latitude: -7.5, longitude: 110.8009, meters: 99.336 },
    { latitude: -7.5045, longitude: 110.8045, meters: 703.11 },
  ];
  const there: Volunteer[] = [];
  for (const { meters, ...at } of places) {
    const volunteer = await w.volunteer({ displayName: `${meters} m` });
    await volunteer.client.updateLocation({ location: { ...at, accuracyMeters: 8 } });
    there.push(volunteer);
  }
  const { volunteers } = await w.dispatcher.findNearby({ ...bls, location: place });
  assert.deepEqual(
    volunteers.map(({ volunteerId }) => volunteerId),
    [there[1]?.id, there[2]?.id, there[0]?.id],
  );
  for (const [index, meters] of [99.336, 703.11, 995.339].entries()) {
    assert.ok(
      Math.abs((volunteers[index]?.distanceMeters ?? 0) - meters) < 0.001,
      `${volunteers[index]?.distanceMeters}`,
    );
  }
  const [nearest] = volunteers;
  assert.equal(nearest?.displayName, '99.336 m');
  assert.deepEqual(nearest?.skills, [Skill.BASIC_LIFE_SUPPORT]);
  assert.equal(nearest?.position?.location?.longitude, 110.8009);
  assert.equal(nearest?.position?.location?.accuracyMeters, 8);
  const two = await w.dispatcher.findNearby({ ...bls, location: place, limit: 2 });
  assert.deepEqual(
    two.volunteers.map(({ volunteerId }) => volunteerId),
    [there[1]?.id, there[2]?.id],
  );
});

test('only dispatchers and the emergency service may search', async () => {
  const search = async (as?: Parameters<World['mesh']['client']>[2]) =>
    refusal((await w.mesh.client(VolunteerService, w.url, as)).findNearby(bls));
  assert.equal(await refusal((await w.as('citizen')).findNearby(bls)), 'PermissionDenied PERMISSION_REQUIRED');
  assert.equal(await refusal((await w.as('volunteer')).findNearby(bls)), 'PermissionDenied PERMISSION_REQUIRED');
  assert.equal(await search(), 'Unauthenticated SIGN_IN_REQUIRED');
  assert.equal(await search({ service: 'emergency' }), 'answered');
  assert.equal(await search({ service: 'notification' }), 'PermissionDenied CALLER_NOT_ALLOWED');
});

test('a search outside the bounds of its contract is refused', async () => {
  const wrong = [
    { ...bls, location: { ...monas, latitude: 91 } },
    { radiusMeters: 500 },
    { ...bls, radiusMeters: 0 },
    { ...bls, radiusMeters: 60_000 },
    { ...bls, excludeIds: ['nobody'] },
    { ...bls, limit: 101 },
    { ...bls, maxPositionAge: durationFromMs(-1) },
  ];
  for (const request of wrong) {
    assert.match(await refusal(w.dispatcher.findNearby(request)), /^InvalidArgument/);
  }
});
