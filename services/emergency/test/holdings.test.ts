import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Client } from '@connectrpc/connect';
import { CancelReason, OfferStatus, ResponseStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { PersonalDataService } from '@kreki/gen/kreki/privacy/v1/personal_data_service_pb.js';
import { assertAllNamed, exported, rowsOf, tracesOf } from '@kreki/runtime/testing/holdings';
import type { Context } from '../context.ts';
import { holdings } from '../privacy/holdings.ts';
import { monas } from './neighbourhood.ts';
import { until } from './until.ts';
import { type Person, refusal, type World, world } from './world.ts';

let w: World;
let data: Client<typeof PersonalDataService>;
before(async () => {
  w = await world('personal-data', { DISPATCH_OFFER_TIMEOUT: '1h' });
  data = await w.mesh.client(PersonalDataService, w.url, { service: 'auth' }, 'emergency');
});
after(() => w?.mesh.stop());

const held = holdings({} as Context);

test('every column that names a person is exported and erased', async () => {
  await assertAllNamed(w.pool, held, [
    'acknowledgements.emergency_id',
    'dispatch_decisions.emergency_id',
    'emergencies.id',
    'emergencies.request_id',
    'offers.emergency_id',
    'offers.id',
    'responses.emergency_id',
  ]);
});

/** Somebody who pressed, was asked by two others, helped one of them, and coordinates a regency. */
async function everything(
  meters: number,
  home: string,
): Promise<{ person: Person; helped: string; declined: string; pressed: string }> {
  const id = randomUUIDv7();
  const person = await w.person('volunteer', id);
  w.around.clear();
  const [near = ''] = w.around.place([meters]);
  Object.assign(w.around.find(near), { id });
  const ask = async () => {
    const { id: emergencyId, citizen } = await w.press({ severity: Severity.NORMAL });
    await until(async () => (await w.asked(emergencyId)).includes(id));
    return { emergencyId, citizen };
  };
  const first = await ask();
  await w.accept(first.emergencyId, id);
  await person.client.updateResponse({ id: first.emergencyId, status: ResponseStatus.ARRIVED });
  await person.client.complete({ id: first.emergencyId });
  const second = await ask();
  await w.decline(second.emergencyId, id);
  await second.citizen.client.cancel({ id: second.emergencyId, reason: CancelReason.RESOLVED });
  w.around.clear();
  const { emergency } = await person.client.triggerPanic({ location: monas, description: home });
  await person.client.cancel({ id: emergency?.id ?? '', reason: CancelReason.RESOLVED });
  await w.pool.query(`INSERT INTO coordinators (regency_code, user_id) VALUES ('31.71', $1)`, [id]);
  return { person, helped: first.emergencyId, declined: second.emergencyId, pressed: emergency?.id ?? '' };
}

test('the export has everything that is held of a person', async () => {
  const { person, helped, declined, pressed } = await everything(60, 'Rumah Sari, lantai 3');
  const rows = await rowsOf(w.pool, held, person.id);
  for (const [column, count] of Object.entries(rows)) assert.ok(count > 0, `the test leaves ${column} empty`);
  const sections = await exported(data, person.id);
  assert.deepEqual(Object.keys(sections).sort(), ['audit.about_you', ...held.sections.map(({ name }) => name).sort()]);
  assert.partialDeepStrictEqual(sections['emergency.emergency'], [
    {
      id: pressed,
      requesterId: person.id,
      description: 'Rumah Sari, lantai 3',
      status: 'EMERGENCY_STATUS_CANCELLED',
    },
  ]);
  assert.partialDeepStrictEqual(sections['emergency.offer'], [
    { emergencyId: helped, status: 'OFFER_STATUS_ACCEPTED' },
    { emergencyId: declined, status: 'OFFER_STATUS_DECLINED' },
  ]);
  assert.partialDeepStrictEqual(sections['emergency.response'], [{ status: 'RESPONSE_STATUS_COMPLETED' }]);
  assert.deepEqual(sections['emergency.coordinator'], [{ code: '31.71', name: 'Kota Administrasi Jakarta Pusat' }]);
});

test('after the erasure nothing leads to the person, and the incidents stay', async () => {
  const { person, helped, declined, pressed } = await everything(65, 'Rumah Dewi, lantai 4');
  const before = await w.look(helped);
  await data.erase({ userId: person.id });
  await data.erase({ userId: person.id });
  assert.deepEqual(await tracesOf(w.pool, [person.id, 'Rumah Dewi', 'Relawan 65']), []);

  const incident = await w.look(pressed);
  assert.deepEqual([incident.requesterId, incident.description], ['', '']);
  assert.deepEqual([incident.location?.latitude, incident.location?.longitude], [-6.174, 106.8255]);
  assert.equal(incident.cancelReason, CancelReason.RESOLVED);

  const help = await w.look(helped);
  const [responder] = help.responses;
  assert.equal(help.requesterId, before.requesterId);
  assert.deepEqual(help.location, before.location);
  assert.deepEqual([responder?.status, responder?.displayName], [ResponseStatus.COMPLETED, '']);
  const { rows } = await w.pool.query<{ emergency_id: string; ids: string[] }>(
    `SELECT emergency_id, array_agg(DISTINCT volunteer_id) AS ids
     FROM (SELECT emergency_id, volunteer_id FROM offers UNION ALL SELECT emergency_id, volunteer_id FROM responses
       UNION ALL SELECT emergency_id, volunteer_id FROM dispatch_decisions WHERE volunteer_id IS NOT NULL) AS everywhere
     WHERE emergency_id = ANY($1) GROUP BY emergency_id`,
    [[helped, declined]],
  );
  const [one, other] = rows.map(({ ids }) => ids);
  assert.deepEqual([one?.length, other?.length], [1, 1]);
  assert.notEqual(one?.[0], other?.[0]);
});

test('nobody is erased while their emergency is open or while they respond', async () => {
  w.around.clear();
  const [near = ''] = w.around.place([70]);
  const { id, citizen } = await w.press({ severity: Severity.NORMAL });
  await until(async () => (await w.asked(id)).includes(near));
  assert.equal(await refusal(data.checkErasure({ userId: citizen.id })), 'FailedPrecondition EMERGENCY_OPEN');
  assert.equal(await refusal(data.erase({ userId: citizen.id })), 'FailedPrecondition EMERGENCY_OPEN');
  await w.accept(id, near);
  assert.equal(await refusal(data.erase({ userId: near })), 'FailedPrecondition RESPONDING');
  assert.equal((await w.look(id)).requesterId, citizen.id);
  await w.dispatcher.client.complete({ id });
  await data.checkErasure({ userId: near });
  await data.erase({ userId: citizen.id });
});

test('somebody who was asked and goes is no longer waited for', async () => {
  w.around.clear();
  const [near = '', next = ''] = w.around.place([70, 90]);
  const { id } = await w.press({ severity: Severity.NORMAL });
  await until(async () => (await w.asked(id)).length === 2);
  w.around.find(near).onDuty = false;
  await data.erase({ userId: near });
  assert.deepEqual(await w.asked(id), [next]);
  const { rows } = await w.pool.query('SELECT status FROM offers WHERE emergency_id = $1 ORDER BY distance_meters', [
    id,
  ]);
  assert.deepEqual(rows[0], { status: OfferStatus.WITHDRAWN });
  assert.deepEqual(await tracesOf(w.pool, [near]), []);
});

test('only the mesh may ask, and both asking and erasing are on record', async () => {
  const { id, client } = await w.person('citizen');
  await client.listActive({});
  const asPerson = await w.mesh.client(PersonalDataService, w.url, { userId: id }, 'emergency');
  assert.equal(await refusal(asPerson.erase({ userId: id })), 'PermissionDenied CALLER_NOT_ALLOWED');
  await exported(data, id);
  await data.erase({ userId: id });
  const { rows } = await w.pool.query(
    `SELECT split_part(rpc, '/', 2) AS rpc, outcome FROM audit_entries WHERE subjects = ARRAY[$1] ORDER BY sequence`,
    [`people/${id}`],
  );
  assert.deepEqual(rows, [
    { rpc: 'Erase', outcome: 'PERMISSION_DENIED' },
    { rpc: 'Export', outcome: 'OK' },
    { rpc: 'Erase', outcome: 'OK' },
  ]);
});
