import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserRegisteredSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { EmergencyMovedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import type { Database } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { Bus } from '../events/bus.ts';
import { createOutbox, event, type OutboxEvent, outboxValues } from '../events/outbox.ts';
import { collectMoves, moved, type TestEvents, testEvents, until } from '../testing/events.ts';

const outbox = createOutbox({ wake: () => undefined, domain: 'emergency' });
const append = (database: Database, events: readonly OutboxEvent[]) =>
  database.transaction((tx) => outbox.append(tx, events));

/** Appends numbers 1, 2, … to each of some aggregates, from transactions side by side that lock their aggregate first. */
async function appendMany({ database, sql }: TestEvents, aggregates: number, numbers: number, workers = 8) {
  await sql('CREATE TABLE IF NOT EXISTS aggregates (id text PRIMARY KEY, number int NOT NULL DEFAULT 0)');
  await sql(`INSERT INTO aggregates SELECT 'a' || n FROM generate_series(1, ${aggregates}) n ON CONFLICT DO NOTHING`);
  const count = prepared('count', 'UPDATE aggregates SET number = number + 1 WHERE id = $1 RETURNING number');
  let left = aggregates * numbers;
  const work = async () => {
    while (left-- > 0) {
      const id = `a${1 + (left % aggregates)}`;
      await database.transaction(async (tx) => {
        const [row] = await tx.query<{ number: number }>(count, [id]);
        await outbox.append(tx, [moved(id, row?.number ?? 0)]);
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

/** What the stream holds, in its order. */
async function stored(bus: Bus): Promise<{ id: string; aggregateId: string }[]> {
  const jetstream = bus.jetstream();
  assert.ok(jetstream);
  const { state } = await jetstream.manager.streams.info('EVENTS_emergency');
  const found = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const { header } = await jetstream.manager.streams.getMessage('EVENTS_emergency', { seq });
    found.push({ id: header.get('ce-id'), aggregateId: header.get('ce-subject') });
  }
  return found;
}

const published = (events: TestEvents, count: number) => () =>
  events
    .sql('SELECT count(*)::int AS count FROM outbox WHERE published_at IS NOT NULL')
    .then(([row]) => row?.count === count);

/** What the lease of the relay locks. */
const relayKey = createHash('sha256').update('relay:emergency').digest().readInt32BE();

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test('an event travels with CloudEvents attributes, and its id as the message id', async (t) => {
  const events = await testEvents(t);
  const received: Record<string, string>[] = [];
  events.bus.subscribe('kreki.emergency.v1.>', ({ subject, header }) =>
    received.push(
      Object.fromEntries(
        ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-subject', 'content-type', 'Nats-Msg-Id']
          .map((name): [string, string] => [name, header(name)])
          .concat([['subject', subject]]),
      ),
    ),
  );
  events.relay();
  await until(() => events.bus.connected, 'connecting');
  const made = moved('a1', 1);
  await append(events.database, [made]);
  await until(() => received.length > 0, 'the event');
  assert.deepEqual(received, [
    {
      subject: 'kreki.emergency.v1.EmergencyMoved',
      'ce-specversion': '1.0',
      'ce-id': made.id,
      'ce-source': '/kreki/emergency',
      'ce-type': 'kreki.emergency.v1.EmergencyMoved',
      'ce-subject': 'a1',
      'content-type': 'application/protobuf',
      'Nats-Msg-Id': made.id,
    },
  ]);
});

test('an event of another domain, and one too large for NATS, never get into the outbox', async (t) => {
  const { database } = await testEvents(t);
  await assert.rejects(append(database, [event(UserRegisteredSchema, {}, 'u1')]), /is not an event of emergency/);
  assert.throws(() => event(EmergencyMovedSchema, { emergencyId: 'x'.repeat(1_100_000) }, 'a1'), RangeError);
});

test('a statement can write an event in its own CTE', async (t) => {
  const events = await testEvents(t);
  const insert = prepared(
    'insert_event',
    'INSERT INTO outbox (id, subject, aggregate_id, payload, headers) VALUES ($1, $2, $3, $4, $5)',
  );
  await events.database.query(insert, outboxValues(moved('a1', 1)));
  events.relay();
  await until(published(events, 1), 'publication');
});

test('events of concurrent transactions reach a consumer in the order of each aggregate, none twice', async (t) => {
  const events = await testEvents(t);
  const moves = collectMoves();
  events.relay();
  events.consumer({ handle: [moves.handler] });
  const start = performance.now();
  await appendMany(events, 50, 100);
  const appendedMs = performance.now() - start;
  await until(() => moves.seen.length >= 5_000, 'handling', 60_000);
  const handledMs = performance.now() - start;
  for (const aggregate of upTo(50)) assert.deepEqual(moves.of(`a${aggregate}`), upTo(100));
  t.diagnostic(`5,000 events appended in ${Math.round(appendedMs)} ms, handled after ${Math.round(handledMs)} ms`);
});

test('the relay drains what piled up quickly', async (t) => {
  const events = await testEvents(t);
  const many = upTo(20_000).map((number) => moved(`a${number % 100}`, number));
  for (let from = 0; from < many.length; from += 1_000) await append(events.database, many.slice(from, from + 1_000));
  const relay = events.relay();
  assert.equal((await relay.backlog()).depth, 20_000);
  const start = performance.now();
  await until(published(events, 20_000), 'publication', 60_000);
  const relayedMs = performance.now() - start;
  assert.deepEqual(await relay.backlog(), { depth: 0, oldestAgeMs: 0 });
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  const consumingFrom = performance.now();
  await until(() => moves.seen.length >= 20_000, 'handling', 60_000);
  const consumedMs = performance.now() - consumingFrom;
  t.diagnostic(`relay: ${Math.round(20_000 / (relayedMs / 1_000))} events/s`);
  t.diagnostic(`consumer: ${Math.round(20_000 / (consumedMs / 1_000))} events/s`);
});

test('an event is handled within milliseconds of its commit', async (t) => {
  const events = await testEvents(t);
  const moves = collectMoves();
  const relay = events.relay();
  events.consumer({ handle: [moves.handler] });
  await append(events.database, [moved('warm', 0)]);
  await until(() => moves.seen.length === 1, 'the first event');
  const latencies: number[] = [];
  for (const number of upTo(100)) {
    const start = performance.now();
    await append(events.database, [moved('a1', number)]);
    relay.wake();
    while (moves.seen.length <= number) await sleep(1);
    latencies.push(performance.now() - start);
  }
  latencies.sort((one, other) => one - other);
  t.diagnostic(`append to handled: p50 ${latencies[50]?.toFixed(1)} ms, p95 ${latencies[95]?.toFixed(1)} ms`);
  assert.ok((latencies[50] ?? 0) < 100, `p50 ${latencies[50]} ms`);
});

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
