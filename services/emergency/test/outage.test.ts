import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { monas } from './neighbourhood.ts';
import { until } from './until.ts';
import { type Person, refusal, type World, world } from './world.ts';

let w: World;
before(async () => {
  w = await world('outage');
  // The test's own connections are cut off as well, idle or just made.
  w.pool.on('error', () => undefined);
  w.pool.on('connect', (client) => void client.on('error', () => undefined));
});
after(() => w?.mesh.stop());

/** Ends every connection to the database but the test's own, as a restart of the server would. */
const cutOff = () =>
  w.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`,
  );

test('reads while connections are lost answer UNAVAILABLE or the truth, nothing else', async () => {
  const { id } = await w.press();
  const { client } = w.dispatcher;
  const reads = [
    () => client.listDispatchDecisions({ id }),
    () => client.get({ id }),
    () => client.listActive({}),
    () => client.getResponseStatistics({}),
  ];
  for (let round = 0; round < 3; round++) {
    const answers = reads.flatMap((read) => Array.from({ length: 5 }, () => refusal(read())));
    await cutOff();
    const wrong = (await Promise.all(answers)).filter((answer) => !/^(answered|Unavailable DATABASE)/.test(answer));
    assert.deepEqual(wrong, []);
  }
});

test('every press that was acknowledged while connections are lost is dispatched', async () => {
  const ids = w.around.place([40]);
  const people = await Promise.all(Array.from({ length: 30 }, () => w.person('citizen')));
  const press = ({ client }: Person) => client.triggerPanic({ location: monas }).catch(() => undefined);
  const pressed = people.map(press);
  await cutOff();
  const acknowledged = (await Promise.all(pressed)).flatMap((answer) => answer?.emergency?.id ?? []);
  assert.ok(acknowledged.length > 0);
  for (const id of acknowledged) {
    await until(async () => {
      await cutOffRarely();
      return (await w.asked(id)).join() === ids.join();
    }, 15_000);
  }
  const { rows } = await w.pool.query<{ twice: number }>(
    'SELECT count(*) - count(DISTINCT (emergency_id, volunteer_id)) AS twice FROM offers',
  );
  assert.equal(Number(rows[0]?.twice), 0);
});

let looks = 0;
const cutOffRarely = async () => {
  looks += 1;
  if (looks === 5) await cutOff();
};
