import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamOf, LOSE_LEASES, LOSE_SESSIONS, pending, publish, ready, STREAM } from '../testing/consuming.ts';
import { collectMoves, moved, testEvents, until, upTo } from '../testing/events.ts';

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
