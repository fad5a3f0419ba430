import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { headers } from 'nats';
import { prepared } from '../database/sql.ts';
import type { Bus } from '../events/bus.ts';
import { listDeadLetters } from '../events/dead-letters.ts';
import type { OutboxEvent } from '../events/outbox.ts';
import { ensureDomainStream } from '../events/streams.ts';
import { collectMoves, moved, testEvents, until } from '../testing/events.ts';

const STREAM = 'EVENTS_emergency';
const LOSE_SESSIONS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'test'`;
const LOSE_LEASES = `${LOSE_SESSIONS} AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`;

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

function jetstreamOf(bus: Bus) {
  const jetstream = bus.jetstream();
  assert.ok(jetstream, 'NATS is connected');
  return jetstream;
}

async function ready(bus: Bus): Promise<void> {
  await until(() => bus.connected, 'connecting');
  await ensureDomainStream(jetstreamOf(bus).manager, 'emergency');
}

/** Publishes past the outbox, without a message id, so that the same event may be in the stream several times. */
async function publish(bus: Bus, events: readonly OutboxEvent[]): Promise<void> {
  for (const event of events) {
    const with_ = headers();
    for (const [name, value] of Object.entries(event.headers)) with_.set(name, value);
    await jetstreamOf(bus).client.publish(event.subject, event.payload, { headers: with_ });
  }
}

const pending = async (bus: Bus): Promise<number> => {
  const info = await jetstreamOf(bus).manager.consumers.info(STREAM, 'test-moves');
  return info.num_pending + info.num_ack_pending;
};

test('an event delivered three times is handled once, its effect with it', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const moves = collectMoves();
  const event = moved('a1', 1);
  await publish(events.bus, [event, event, event]);
  events.consumer({ handle: [moves.handler] });
  await until(async () => moves.seen.length > 0 && (await pending(events.bus)) === 0, 'acknowledgement');
  assert.deepEqual(moves.of('a1'), [1]);
  assert.deepEqual(await events.sql('SELECT durable, event_id FROM inbox'), [
    { durable: 'test-moves', event_id: event.id },
  ]);
});

test('an event without a handler is acknowledged', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  await publish(events.bus, [moved('a1', 1)]);
  events.consumer({ handle: [] });
  await until(async () => (await pending(events.bus).catch(() => 1)) === 0, 'acknowledgement');
});

test('what waits for it is woken after the commit, not before', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const counts: Promise<number | undefined>[] = [];
  const count = prepared('count_inbox', 'SELECT count(*) AS count FROM inbox');
  const committed = () => counts.push(events.database.query<{ count: number }>(count).then(([row]) => row?.count));
  events.consumer({ handle: [collectMoves().handler], committed });
  await publish(events.bus, [moved('a1', 1)]);
  await until(() => counts.length > 0, 'the wake');
  assert.equal(await counts[0], 1);
});

test('a handler that fails for a while is tried again, and what it wrote in between is gone', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  await events.sql('CREATE TABLE effects (attempt int)');
  const attempts: number[] = [];
  const effect = prepared('effect', 'INSERT INTO effects VALUES ($1)');
  const { handler } = collectMoves();
  const flaky = {
    subject: handler.subject,
    accept:
      () =>
      async ({ tx, attempt }: Parameters<ReturnType<typeof handler.accept>>[0]) => {
        attempts.push(attempt);
        await tx.query(effect, [attempt]);
        if (attempt < 3) throw new Error('not yet');
      },
  };
  events.consumer({ handle: [flaky] });
  await publish(events.bus, [moved('a1', 1)]);
  await until(async () => attempts.length === 3 && (await pending(events.bus)) === 0, 'three attempts');
  assert.deepEqual(await events.sql('SELECT attempt FROM effects'), [{ attempt: 3 }]);
});

test('a failing aggregate holds back its own events, in order, and no other', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  let broken = true;
  const moves = collectMoves((aggregateId) => {
    if (aggregateId.startsWith('broken') && broken) throw new Error('broken');
  });
  const failing = upTo(20).flatMap((number) => upTo(10).map((aggregate) => moved(`broken${aggregate}`, number)));
  await publish(events.bus, [...failing, ...upTo(100).map((number) => moved('sound', number))]);
  events.consumer({ handle: [moves.handler], concurrency: 2, maxAttempts: 100 });
  await until(() => moves.of('sound').length === 100, 'the others', 5_000);
  assert.deepEqual(moves.of('sound'), upTo(100));
  assert.deepEqual(moves.of('broken1'), []);
  broken = false;
  await until(() => moves.seen.length === 300, 'the rest');
  for (const aggregate of upTo(10)) assert.deepEqual(moves.of(`broken${aggregate}`), upTo(20));
});

test('while the database says that it is going, no attempt is spent', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler], maxAttempts: 1 });
  await publish(events.bus, [moved('a1', 1)]);
  await until(() => moves.seen.length === 1, 'the first event');
  await events.sql(`CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'going' USING ERRCODE = '57P01'; END $$`);
  await events.sql('CREATE TRIGGER gone BEFORE INSERT ON inbox EXECUTE FUNCTION gone()');
  await publish(events.bus, [moved('a1', 2)]);
  await sleep(1_500);
  assert.deepEqual(moves.of('a1'), [1]);
  await events.sql('DROP TRIGGER gone ON inbox');
  await until(() => moves.seen.length === 2, 'the second event');
  assert.deepEqual(await listDeadLetters(events.bus), []);
});

test('the lease being lost with its session interrupts nothing for long', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  for (const number of upTo(3)) {
    await publish(events.bus, [moved('a1', number)]);
    await until(() => moves.seen.length === number, 'the event', 3_000);
    await events.sql(LOSE_LEASES);
  }
});

test('two replicas never share the events of a durable, and the second goes on in order when the first is gone', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const slow = collectMoves(() => sleep(5));
  const first = events.consumer({ handle: [slow.handler], durable: 'test-moves' });
  await publish(events.bus, [moved('a1', 0)]);
  await until(() => slow.seen.length === 1, 'the first replica');
  const standby = collectMoves();
  events.consumer({ handle: [standby.handler] }, await events.replica());
  await publish(
    events.bus,
    upTo(200).map((number) => moved('a1', number)),
  );
  assert.deepEqual(standby.seen, []);
  await until(() => slow.seen.length > 20, 'some handled');
  await first.stop();
  await until(() => slow.seen.length + standby.seen.length === 201, 'the rest', 5_000);
  assert.deepEqual([...slow.of('a1'), ...standby.of('a1')], [0, ...upTo(200)]);
});

// Sooner than the 30 s after which JetStream would hand them over by itself.
test('what a replica that died had been given comes to the next one at once, in order', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const released = Promise.withResolvers<void>();
  const stuck = collectMoves(() => released.promise);
  const dying = await events.replica();
  events.consumer({ handle: [stuck.handler] }, dying);
  await publish(
    events.bus,
    upTo(50).map((number) => moved('a1', number)),
  );
  await until(async () => (await pending(events.bus).catch(() => 0)) === 50, 'delivery');
  await dying.bus.stop();
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  await events.sql(LOSE_SESSIONS);
  await until(() => moves.seen.length === 50, 'the rest', 20_000);
  assert.deepEqual(moves.of('a1'), upTo(50));
  released.resolve();
});

test('a handler that never ends holds up stopping for a few seconds only', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const stuck = collectMoves(() => new Promise(() => undefined));
  const replica = await events.replica();
  const running = events.consumer({ handle: [stuck.handler] }, replica);
  await publish(events.bus, [moved('a1', 1)]);
  await until(async () => (await pending(events.bus).catch(() => 0)) === 1, 'delivery');
  const start = performance.now();
  await running.stop();
  await replica.database.stop();
  assert.ok(performance.now() - start < 9_000);
});

test('a consumer deleted under its reader is made again', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  await publish(events.bus, [moved('a1', 1)]);
  await until(() => moves.seen.length === 1, 'the first event');
  await jetstreamOf(events.bus).manager.consumers.delete(STREAM, 'test-moves');
  await publish(events.bus, [moved('a1', 2)]);
  await until(() => moves.seen.length === 2, 'the second event', 8_000);
});

test('a stream deleted under its reader is read again once it is there', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  await publish(events.bus, [moved('a1', 1)]);
  await until(() => moves.seen.length === 1, 'the first event');
  await jetstreamOf(events.bus).manager.streams.delete(STREAM);
  await sleep(1_000);
  await ready(events.bus);
  await publish(events.bus, [moved('a1', 2)]);
  await until(() => moves.seen.length === 2, 'the second event', 8_000);
});

test('events of a stream that does not exist yet are waited for', async (t) => {
  const events = await testEvents(t);
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  await until(() => events.bus.connected, 'connecting');
  await sleep(700);
  await ready(events.bus);
  await publish(events.bus, [moved('a1', 1)]);
  await until(() => moves.seen.length === 1, 'the event', 3_000);
});

test('after NATS was killed the bus is back within a second, and handling goes on', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  await publish(events.bus, [moved('a1', 1)]);
  await until(() => moves.seen.length === 1, 'the first event');
  await events.mesh.nats.kill();
  await until(() => !events.bus.connected, 'noticing');
  await sleep(1_500);
  await events.mesh.nats.start();
  const start = performance.now();
  await until(() => events.bus.connected, 'connecting again');
  const connectedMs = performance.now() - start;
  assert.ok(connectedMs < 1_000, `connected after ${connectedMs} ms`);
  await publish(events.bus, [moved('a1', 2)]);
  await until(() => moves.seen.length === 2, 'the second event', 5_000);
  const handledMs = performance.now() - start;
  t.diagnostic(`connected after ${Math.round(connectedMs)} ms, handled after ${Math.round(handledMs)} ms`);
});

test('stopping is quick: while nothing comes, while NATS is away, and with many events in hand', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const stopMs = async (running: { stop(): Promise<void> }) => {
    const start = performance.now();
    await running.stop();
    return performance.now() - start;
  };
  const idle = events.consumer({ durable: 'test-idle' });
  await sleep(500);
  assert.ok((await stopMs(idle)) < 1_000);

  const moves = collectMoves(() => sleep(20));
  const busy = events.consumer({ handle: [moves.handler], concurrency: 2 });
  await publish(
    events.bus,
    upTo(100).map((number) => moved(`a${number % 10}`, number)),
  );
  await until(() => moves.seen.length > 5, 'some handled');
  assert.ok((await stopMs(busy)) < 1_000);
  const handled = moves.seen.length;
  assert.ok(handled < 100);
  await sleep(200);
  assert.equal(moves.seen.length, handled);
  events.consumer({ handle: [moves.handler] });
  await until(() => moves.seen.length === 100, 'the rest', 5_000);
  for (const aggregate of [...upTo(9), 0]) {
    const numbers = moves.of(`a${aggregate}`);
    assert.deepEqual(
      numbers,
      numbers.toSorted((one, other) => one - other),
    );
  }

  const cut = events.consumer({ durable: 'test-cut' });
  const relay = events.relay();
  await sleep(500);
  await events.mesh.nats.kill();
  assert.ok((await stopMs(cut)) < 2_000);
  assert.ok((await stopMs(relay)) < 2_000);
  assert.ok((await stopMs(events.bus)) < 1_000);
});

test('a message that is no event becomes a dead letter at once', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler] });
  await jetstreamOf(events.bus).client.publish(moved('a1', 1).subject, 'x');
  await publish(events.bus, [{ ...moved('a1', 1), payload: Buffer.from([255]), id: randomUUID() }, moved('a1', 2)]);
  await until(() => moves.seen.length === 1, 'the sound event', 3_000);
  await until(async () => (await listDeadLetters(events.bus)).length === 2, 'the dead letters');
  const reasons = (await listDeadLetters(events.bus)).map(({ reason }) => reason).sort();
  assert.match(reasons[0] ?? '', /^not an event/);
  assert.match(reasons[1] ?? '', /^not decodable/);
});
