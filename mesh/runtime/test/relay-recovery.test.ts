import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectMoves, moved, testEvents, until, upTo } from '../testing/events.ts';
import { append, appendMany, published, relayKey, stored } from '../testing/publishing.ts';

test('what is appended while NATS has never been there goes out once it is', async (t) => {
  const events = await testEvents(t, { nats: false });
  const moves = collectMoves();
  const relay = events.relay();
  events.consumer({ handle: [moves.handler] });
  await append(
    events.database,
    upTo(10).map((number) => moved('a1', number)),
  );
  await sleep(300);
  const { depth, oldestAgeMs } = await relay.backlog();
  assert.equal(depth, 10);
  assert.ok(oldestAgeMs >= 300);
  await events.mesh.nats.start();
  const start = performance.now();
  await until(() => moves.seen.length === 10, 'handling');
  assert.deepEqual(moves.of('a1'), upTo(10));
  t.diagnostic(`handled ${Math.round(performance.now() - start)} ms after NATS was there`);
});

test('NATS killed while events are published loses none, and none is handled twice', async (t) => {
  const events = await testEvents(t);
  const moves = collectMoves();
  events.relay();
  events.consumer({ handle: [moves.handler] });
  const appending = appendMany(events, 20, 200, 4);
  for (const _ of upTo(3)) {
    await sleep(400);
    await events.mesh.nats.kill();
    await sleep(200);
    await events.mesh.nats.start();
    const seen = moves.seen.length;
    const start = performance.now();
    await until(() => moves.seen.length > seen, 'handling');
    t.diagnostic(`handled again ${Math.round(performance.now() - start)} ms after NATS was back`);
  }
  await appending;
  await until(() => moves.seen.length >= 4_000, 'handling', 60_000);
  await until(published(events, 4_000), 'publication');
  for (const aggregate of upTo(20)) assert.deepEqual(moves.of(`a${aggregate}`), upTo(200));
  const inStream = await stored(events.bus);
  assert.equal(inStream.length, 4_000);
  assert.equal(new Set(inStream.map(({ id }) => id)).size, 4_000);
});

test('a stream that was deleted is made again and given what was published lately', async (t) => {
  const events = await testEvents(t);
  events.relay();
  await append(
    events.database,
    upTo(1_200).map((number) => moved(`a${number % 3}`, number)),
  );
  await until(published(events, 1_200), 'publication');
  const before = await stored(events.bus);
  await events.bus.jetstream()?.manager.streams.delete('EVENTS_emergency');
  await append(events.database, [moved('a1', 1_201)]);
  await until(async () => (await events.bus.jetstream()?.manager.streams.list().next())?.length, 'the stream');
  await until(published(events, 1_201), 'publication');
  const after = await stored(events.bus);
  assert.deepEqual(after.slice(0, 1_200), before);
  assert.equal(after.length, 1_201);
});

test('a stream set back to an older state, and written to since, is given what it lost', async (t) => {
  const events = await testEvents(t);
  const relay = events.relay();
  await append(
    events.database,
    upTo(100).map((number) => moved('a1', number)),
  );
  await until(published(events, 100), 'publication');
  const before = await stored(events.bus);
  await relay.stop();
  const jetstream = events.bus.jetstream();
  assert.ok(jetstream);
  const { config } = await jetstream.manager.streams.info('EVENTS_emergency');
  await jetstream.manager.streams.delete('EVENTS_emergency');
  await jetstream.manager.streams.add(config);
  for (let number = 0; number < 150; number++) await jetstream.client.publish('kreki.emergency.v1.Other');
  events.relay();
  await append(events.database, [moved('a1', 101)]);
  await until(published(events, 101), 'publication');
  const ids = (await stored(events.bus)).filter(({ id }) => id);
  assert.deepEqual(ids.slice(0, 100), before);
});

test('another publisher on the stream does not stop the relay', async (t) => {
  const events = await testEvents(t);
  events.relay();
  await append(events.database, [moved('a1', 0)]);
  await until(published(events, 1), 'publication');
  const disturbing = (async () => {
    for (let number = 0; number < 200; number++)
      await events.bus.jetstream()?.client.publish('kreki.emergency.v1.Other');
  })();
  await appendMany(events, 5, 100);
  await disturbing;
  await until(published(events, 501), 'publication');
  assert.equal((await stored(events.bus)).length, 701);
});

test('another relay takes over within a second when the session of the one that relays is killed', async (t) => {
  const events = await testEvents(t);
  const moves = collectMoves();
  events.relay();
  events.relay(await events.replica());
  events.consumer({ handle: [moves.handler] });
  const appending = appendMany(events, 10, 100, 2);
  const holder = `SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND classid = 119 AND datname = current_database()
      AND objid::bigint = (SELECT ${relayKey} & 4294967295)`;
  let killed = 0;
  for (const _ of upTo(4)) {
    await sleep(150);
    const [before] = await events.sql(holder);
    if (!before) continue;
    await events.sql(`SELECT pg_terminate_backend(${before.pid})`);
    killed += 1;
    const taken = async () => {
      const holders = await events.sql(holder);
      return holders.length === 1 && holders[0]?.pid !== before.pid;
    };
    await until(taken, 'the next holder', 1_000);
  }
  assert.ok(killed > 1);
  await appending;
  await until(() => moves.seen.length === 1_000, 'handling');
  for (const aggregate of upTo(10)) assert.deepEqual(moves.of(`a${aggregate}`), upTo(100));
  assert.equal((await stored(events.bus)).length, 1_000);
});

test('a relay whose connections were all killed goes on by itself', async (t) => {
  const events = await testEvents(t);
  events.relay();
  await append(events.database, [moved('a1', 1)]);
  await until(published(events, 1), 'publication');
  await events.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'test'`);
  await append(events.database, [moved('a1', 2)]).catch(() => append(events.database, [moved('a1', 2)]));
  await until(published(events, 2), 'publication', 3_000);
});
