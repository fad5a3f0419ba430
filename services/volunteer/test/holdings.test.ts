import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Client } from '@connectrpc/connect';
import { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { assertAllNamed, exported, rowsOf, tracesOf } from '@kreki/runtime/testing/holdings';
import type { Context } from '../context.ts';
import { holdings } from '../privacy/holdings.ts';
import { monas, refusal, type World, world } from './world.ts';

let w: World;
let data: Client<typeof PersonalDataService>;
before(async () => {
  w = await world('personal-data');
  data = await w.mesh.client(PersonalDataService, w.url, { service: 'auth' }, 'volunteer');
});
after(() => w?.mesh.stop());

const held = holdings({} as Context);

test('every column that names a person is exported and erased', async () => {
  await assertAllNamed(w.pool, held, [
    'certifications.id',
    'certifications.request_id',
    'engagements.emergency_id',
    'volunteers.create_request_id',
    'volunteers.engaged_emergency_id',
  ]);
});

/** A volunteer who has helped, and has checked somebody else's certificate. */
async function everything(displayName: string) {
  const volunteer = await w.volunteer({ displayName });
  const other = await w.volunteer();
  await w.pool.query('UPDATE certifications SET verified_by = $1 WHERE id = $2', [volunteer.id, other.certificationId]);
  await w.pool.query('INSERT INTO engagements VALUES ($1, $2, now(), now())', [volunteer.id, randomUUIDv7()]);
  return { volunteer, other };
}

test('the export has everything that is held of a person', async () => {
  const { volunteer, other } = await everything('Rani Relawan');
  for (const [column, count] of Object.entries(await rowsOf(w.pool, held, volunteer.id))) {
    assert.ok(count > 0, `the test leaves ${column} empty`);
  }
  const sections = await exported(data, volunteer.id);
  assert.partialDeepStrictEqual(sections['volunteer.profile'], [
    {
      displayName: 'Rani Relawan',
      certifications: [{ id: volunteer.certificationId, verified: true }],
      position: { location: { longitude: monas.longitude } },
    },
  ]);
  assert.equal(sections['volunteer.engagement']?.length, 1);
  assert.partialDeepStrictEqual(sections['volunteer.verification'], [{ certificationId: other.certificationId }]);
});

test('after the erasure nothing leads to the person, and what they checked of others stays', async () => {
  const { volunteer, other } = await everything('Tono Terlupa');
  await data.erase({ userId: volunteer.id });
  await data.erase({ userId: volunteer.id });
  assert.deepEqual(await tracesOf(w.pool, [volunteer.id, volunteer.certificationId, 'Tono Terlupa']), []);
  const kept = (await other.client.getProfile({ volunteerId: 'me' })).volunteer?.certifications[0];
  assert.deepEqual([kept?.verified, kept?.verifiedBy], [true, '']);
  assert.equal(
    await refusal(volunteer.client.updateLocation({ location: { latitude: 0, longitude: 0 } })),
    'FailedPrecondition NO_PROFILE',
  );
});
