import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOSE_LEASES } from '../testing/consuming.ts';
import { moved, type TestEvents, testEvents, until, upTo } from '../testing/events.ts';
import { append, published, stored } from '../testing/publishing.ts';

/** Several batches, so that some are under way while others are read and marked. */
const COUNT = 3_000;

/** The stream holds each event once, in the order in which they were written, whatever else is in it. */
async function assertInOrder({ bus, sql }: TestEvents): Promise<void> {
  const written = await sql('SELECT id FROM outbox ORDER BY seq');
  const inStream = (await stored(bus)).filter(({ id }) => id);
  assert.deepEqual(
    inStream.map(({ id }) => id),
    written.map(({ id }) => id),
  );
}

const pile = (events: TestEvents) =>
  append(
    events.database,
    upTo(COUNT).map((number) => moved('a1', number)),
  );

test('batches under way keep their order while something else is put into the stream', async (t) => {
  const events = await testEvents(t);
  events.relay();
  await append(events.database, [moved('a1', 0)]);
  await until(published(events, 1), 'publication');
  await pile(events);
  const disturbing = setInterval(() => {
    events.bus
      .jetstream()
      ?.client.publish('kreki.emergency.v1.Other')
      .catch(() => undefined);
  }, 10);
  t.after(() => clearInterval(disturbing));
  await until(published(events, COUNT + 1), 'publication');
  clearInterval(disturbing);
  await assertInOrder(events);
});

test('batches under way keep their order when NATS is killed, and when the lease is lost', async (t) => {
  const events = await testEvents(t);
  await pile(events);
  events.relay();
  events.relay(await events.replica());
  const some = async () => {
    const [row] = await events.sql('SELECT count(*)::int AS count FROM outbox WHERE published_at IS NOT NULL');
    return Number(row?.count);
  };
  await until(async () => (await some()) > 0, 'publication');
  await events.mesh.nats.kill();
  await pile(events);
  await events.mesh.nats.start();
  await until(async () => (await some()) > COUNT, 'publication');
  await events.sql(LOSE_LEASES);
  await until(published(events, 2 * COUNT), 'publication');
  await assertInOrder(events);
});
