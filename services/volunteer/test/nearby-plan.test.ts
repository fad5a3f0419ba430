import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FIND_NEARBY } from '../store/nearby.ts';
import { monas, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('nearby-plan');
  await w.pool.query(CROWD);
  await w.pool.query('ANALYZE volunteers, certifications, positions');
});
after(() => w?.mesh.stop());

/** 30,000 volunteers over Jakarta, half of them on duty, each certified in one of two skills. */
const CROWD = `
  WITH crowd AS (
    INSERT INTO volunteers (id, display_name, duty_status, time_zone, verified)
    SELECT gen_random_uuid(), 'Relawan ' || n, 1 + n % 2, 'Asia/Jakarta', true FROM generate_series(1, 30000) AS n
    RETURNING id, display_name
  ), certified AS (
    INSERT INTO certifications (id, volunteer_id, skill, issuer, number, valid_from, valid_until, verified, verified_at)
    SELECT gen_random_uuid(), id, 1 + random()::integer, 'PMI', display_name, now() - interval '1 day', now() + interval '1 day',
           true, now()
    FROM crowd
  )
  SELECT count(*) FROM crowd;
  UPDATE positions SET location = ST_MakePoint(106.7 + random() * 0.3, -6.35 + random() * 0.25)::geography,
    accuracy_meters = 5, measured_at = now()`;

for (const plan of ['force_generic_plan', 'force_custom_plan']) {
  test(`the search walks the GiST index outwards and stops at its limit (${plan})`, async () => {
    const client = await w.pool.connect();
    try {
      await client.query(`SET plan_cache_mode = ${plan}`);
      const values = [monas.longitude, monas.latitude, 2_000, [1], [], 900_000, 20];
      const { rows } = await client.query({
        name: `explain_${plan}`,
        text: `EXPLAIN (ANALYZE, TIMING OFF) ${FIND_NEARBY.text}`,
        values,
      });
      const text = rows.map((row) => row['QUERY PLAN']).join('\n');
      assert.match(text, /Index Scan using positions_findable on positions/, text);
      assert.match(text, /Order By: \(location <-> search\.point\)/, text);
      assert.doesNotMatch(text, /Seq Scan on (positions|volunteers|certifications)/, text);
      const [, walked = ''] = /positions_findable on positions.*actual rows=(\d+)/.exec(text) ?? [];
      assert.ok(Number(walked) < 200, `${walked} positions were read for 20 volunteers`);
    } finally {
      client.release(true);
    }
  });
}
