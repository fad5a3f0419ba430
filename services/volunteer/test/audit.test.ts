import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { north, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('audit');
});
after(() => w?.mesh.stop());

test('whom a dispatcher looked at or decided on is on record; volunteers who look at themselves are not', async () => {
  const { id, client, certificationId } = await w.volunteer();
  await w.pool.query('CREATE TABLE before AS SELECT coalesce(max(sequence), 0) AS sequence FROM audit_entries');
  await client.getProfile({ volunteerId: 'me' });
  await client.getProfile({ volunteerId: id });
  await w.dispatcher.getProfile({ volunteerId: id });
  await w.dispatcher.listVolunteers({});
  await w.dispatcher.findNearby({ location: north(0), radiusMeters: 500 });
  await w.dispatcher.verifyCertification({ volunteerId: id, certificationId, reject: true });
  const { rows } = await w.pool.query<{ rpc: string; subjects: string[] }>(
    `SELECT split_part(rpc, '/', 2) AS rpc, subjects FROM audit_entries WHERE sequence > (SELECT sequence FROM before)
     ORDER BY sequence`,
  );
  const certificate = `certifications/${certificationId}`;
  assert.deepEqual(
    rows.map(({ rpc, subjects }) => [rpc, ...subjects.sort()]),
    [
      ['GetProfile', certificate, `people/${id}`],
      ['ListVolunteers', certificate, `people/${id}`],
      ['FindNearby', `people/${id}`],
      ['VerifyCertification', certificate, `people/${id}`],
    ],
  );
});
