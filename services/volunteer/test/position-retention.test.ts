import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { openDatabase } from '@kreki/runtime/database/database';
import { createLogger } from '@kreki/runtime/log';
import { readConfig } from '../config.ts';
import { startVolunteer } from '../service.ts';
import { erasePositions } from '../store/position-retention.ts';
import { ROLE, until, type World, world } from './world.ts';

const DAY_MS = 86_400_000;
const ROWS = 20_000;

describe('how long positions are kept', () => {
  let here: World;
  before(async () => {
    here = await world('volunteer_retention');
  });
  after(() => here.mesh.stop());

  it('a volunteer whose position is older than 30 days has none, and keeps everything else', async () => {
    const [gone, kept] = [await here.volunteer(), await here.volunteer()];
    const age = `UPDATE positions SET measured_at = now() - $2 * interval '1 day' WHERE volunteer_id = $1`;
    await here.pool.query(age, [gone.id, 31]);
    await here.pool.query(age, [kept.id, 29]);
    const service = await startVolunteer(readConfig(here.mesh.env('volunteer')));
    here.mesh.onStop(() => service.stop());
    const client = await here.mesh.client(VolunteerService, service.url, { userId: gone.id, ...ROLE.volunteer });
    const profile = async () => (await client.getProfile({ volunteerId: gone.id })).volunteer;
    await until(async () => (await profile())?.position === undefined);
    assert.equal((await profile())?.displayName, 'Relawan');
    const { rows } = await here.pool.query(
      `SELECT location, accuracy_meters, measured_at FROM positions WHERE volunteer_id = $1`,
      [gone.id],
    );
    assert.deepEqual(rows, [{ location: null, accuracy_meters: null, measured_at: null }]);
    assert.ok((await kept.client.getProfile({ volunteerId: kept.id })).volunteer?.position);
    await client.updateLocation({ location: { latitude: -6.2, longitude: 106.8 } });
    assert.ok((await profile())?.position);
  });

  it('all over a large table every old position is erased once, and one being written is left alone', async () => {
    await here.pool.query(
      `INSERT INTO volunteers (id, display_name, time_zone)
       SELECT gen_random_uuid(), 'Relawan', 'Asia/Jakarta' FROM generate_series(1, $1)`,
      [ROWS],
    );
    await here.pool.query(
      `UPDATE positions SET location = ST_MakePoint(106.8, -6.2)::geography, accuracy_meters = 5,
         measured_at = now() - (CASE WHEN get_byte(uuid_send(volunteer_id), 0) < 128 THEN 31 ELSE 29 END) * interval '1 day'`,
    );
    const count = async (where: string) =>
      (await here.pool.query(`SELECT count(*)::int AS count FROM positions WHERE ${where}`)).rows[0].count;
    const old = await count(`measured_at < now() - interval '30 days'`);
    const young = await count(`measured_at > now() - interval '30 days'`);
    assert.ok(old > ROWS / 3 && young > ROWS / 3);

    const database = await openDatabase(here.mesh.databaseUrl, { log: createLogger('test', 'silent'), name: 'test' });
    here.mesh.onStop(() => database.stop());
    const writer = await here.pool.connect();
    await writer.query('BEGIN');
    await writer.query(
      `UPDATE positions SET measured_at = now() WHERE volunteer_id =
         (SELECT volunteer_id FROM positions WHERE measured_at < now() - interval '30 days' LIMIT 1)`,
    );
    const { signal } = new AbortController();
    const erased = await Promise.all([1, 2].map(() => erasePositions(database, 30 * DAY_MS, signal)));
    assert.equal(
      erased.reduce((sum, each) => sum + each, 0),
      old - 1,
    );
    await writer.query('COMMIT');
    writer.release();
    assert.equal(await erasePositions(database, 30 * DAY_MS, signal), 0);
    assert.equal(await count('measured_at IS NOT NULL AND location IS NOT NULL'), young + 1);
  });
});
