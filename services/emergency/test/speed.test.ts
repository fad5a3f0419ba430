import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { monas } from './neighbourhood.ts';
import { ROLE, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('speed');
});
after(() => w?.mesh.stop());

const SEQUENTIAL = 500;
const [LANES, ROUNDS] = [32, 20];

/** Dispatch, relay and test share the process, so that these are figures of a machine at work, and bounds far from them. */
test('a press is acknowledged within milliseconds, and many at a time do not stop each other', async (t) => {
  const client = await w.mesh.client(EmergencyService, w.url);
  const tokens = await Promise.all(
    Array.from({ length: SEQUENTIAL + LANES * ROUNDS }, () => w.mesh.identity.tokenFor(ROLE.citizen)),
  );
  const press = async (token = '') => {
    const start = performance.now();
    await client.triggerPanic({ location: monas }, { headers: { authorization: `Bearer ${token}` } });
    return performance.now() - start;
  };
  const took: number[] = [];
  for (const token of tokens.slice(0, SEQUENTIAL)) took.push(await press(token));

  const rest = tokens.slice(SEQUENTIAL);
  const start = performance.now();
  const lanes = Array.from({ length: LANES }, async () => {
    for (let token = rest.pop(); token; token = rest.pop()) await press(token);
  });
  await Promise.all(lanes);
  const rate = (LANES * ROUNDS) / ((performance.now() - start) / 1_000);
  const { rows } = await w.pool.query<{ deadlocks: number }>(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  took.sort((one, other) => one - other);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? 0;
  t.diagnostic(
    `presses one by one: median ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms; ` +
      `${LANES} at a time: ${rate.toFixed(0)}/s; deadlocks ${rows[0]?.deadlocks}`,
  );
  assert.ok(at(0.95) < 500, 'the target of a press, on whatever machine');
  assert.equal(rows[0]?.deadlocks, 0);
});
