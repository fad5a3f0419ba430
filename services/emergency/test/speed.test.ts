import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { monas } from './neighbourhood.ts';
import { type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('speed');
});
after(() => w?.mesh.stop());

const [SEQUENTIAL, TOGETHER, ROUNDS] = [500, 32, 10];

/** Dispatch, relay and test share the process, so that these are figures of a machine at work, and bounds far from them. */
test('a press is acknowledged within milliseconds, and many at a time do not stop each other', async (t) => {
  const people = await Promise.all(Array.from({ length: SEQUENTIAL }, () => w.person('citizen')));
  const took: number[] = [];
  for (const { client } of people) {
    const start = performance.now();
    await client.triggerPanic({ location: monas });
    took.push(performance.now() - start);
  }
  took.sort((one, other) => one - other);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? 0;

  const crowd = await Promise.all(Array.from({ length: TOGETHER * ROUNDS }, () => w.person('citizen')));
  const start = performance.now();
  await Promise.all(
    Array.from({ length: TOGETHER }, async (_, lane) => {
      for (const { client } of crowd.slice(lane * ROUNDS, (lane + 1) * ROUNDS)) {
        await client.triggerPanic({ location: monas });
      }
    }),
  );
  const rate = crowd.length / ((performance.now() - start) / 1_000);
  const { rows } = await w.pool.query<{ deadlocks: number }>(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  t.diagnostic(
    `press, new connection each: median ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms; ` +
      `${TOGETHER} at a time ${rate.toFixed(0)}/s; deadlocks ${rows[0]?.deadlocks}`,
  );
  assert.ok(at(0.5) < 100);
  assert.equal(rows[0]?.deadlocks, 0);
});
