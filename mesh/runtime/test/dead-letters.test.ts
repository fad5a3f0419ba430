import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dropDeadLetter, getDeadLetter, listDeadLetters, replayDeadLetter } from '../events/dead-letters.ts';
import { createOutbox } from '../events/outbox.ts';
import { collectMoves, moved, testEvents, until } from '../testing/events.ts';

const outbox = createOutbox({ wake: () => undefined });

async function withDeadLetters(t: Parameters<typeof testEvents>[0], count: number) {
  const events = await testEvents(t);
  const state = { mended: false };
  const moves = collectMoves((_, number) => {
    if (number > 0 && !state.mended) throw new Error(`no\r\nway ${number}`);
  });
  const others = collectMoves();
  events.relay();
  events.consumer({ durable: 'test-moves', handle: [moves.handler], maxAttempts: 2 });
  events.consumer({ durable: 'test-others', handle: [others.handler] });
  const made = Array.from({ length: count }, (_, index) => moved(`a${index + 1}`, index + 1));
  await events.database.transaction((tx) => outbox.append(tx, made));
  await until(async () => events.bus.connected && (await listDeadLetters(events.bus)).length === count, 'dead letters');
  return { ...events, state, moves, others, made };
}

test('there is no dead letter before there was a consumer', async (t) => {
  const events = await testEvents(t);
  await until(() => events.bus.connected, 'connecting');
  assert.deepEqual(await listDeadLetters(events.bus), []);
  assert.equal(await getDeadLetter(events.bus, 1), undefined);
  assert.equal(await replayDeadLetter(events.bus, 1), false);
  assert.equal(await dropDeadLetter(events.bus, 1), false);
});

test('an event that fails at each attempt becomes a dead letter with its reason, and holds up nothing', async (t) => {
  const { bus, made, others, moves, database } = await withDeadLetters(t, 1);
  const [letter] = await listDeadLetters(bus);
  assert.ok(letter);
  const { madeAt, diedAt, payload, ...rest } = letter;
  assert.deepEqual(rest, {
    seq: 1,
    durable: 'test-moves',
    reason: 'Error: no way 1',
    attempts: 2,
    subject: 'kreki.emergency.v1.EmergencyMoved',
    id: made[0]?.id,
    aggregateId: 'a1',
  });
  assert.ok(madeAt && madeAt <= diedAt);
  assert.ok(Math.abs(diedAt.getTime() - Date.now()) < 10_000);
  assert.deepEqual(Buffer.from(payload), Buffer.from(made[0]?.payload ?? []));
  assert.deepEqual(others.of('a1'), [1]);
  await database.transaction((tx) => outbox.append(tx, [moved('a1', 0)]));
  await until(() => moves.of('a1').length === 1, 'the next event of the aggregate');
});

test('a replayed dead letter is handled by the consumer that gave it up, and no other, even without an inbox row', async (t) => {
  const { bus, state, moves, others, sql } = await withDeadLetters(t, 2);
  state.mended = true;
  await sql("DELETE FROM inbox WHERE durable = 'test-others'");
  const aggregateId = (await getDeadLetter(bus, 1))?.aggregateId ?? '';
  assert.equal(await replayDeadLetter(bus, 1), true);
  await until(() => moves.of(aggregateId).length === 1, 'the replayed event');
  await sleep(200);
  assert.equal(others.of(aggregateId).length, 1);
  assert.deepEqual(
    (await listDeadLetters(bus)).map(({ seq }) => seq),
    [2],
  );
  assert.equal(await replayDeadLetter(bus, 1), false);
});

test('a replayed dead letter that fails again is a dead letter again', async (t) => {
  const { bus } = await withDeadLetters(t, 1);
  assert.equal(await replayDeadLetter(bus, 1), true);
  await until(async () => (await listDeadLetters(bus)).some(({ seq }) => seq === 2), 'the second death');
});

test('dead letters are listed in pages, over the gaps that dropped ones leave', async (t) => {
  const { bus } = await withDeadLetters(t, 6);
  for (const seq of [1, 3, 4]) assert.equal(await dropDeadLetter(bus, seq), true);
  assert.equal(await dropDeadLetter(bus, 3), false);
  assert.equal(await getDeadLetter(bus, 3), undefined);
  const page = async (after: number) => (await listDeadLetters(bus, { after, limit: 2 })).map(({ seq }) => seq);
  assert.deepEqual(await page(0), [2, 5]);
  assert.deepEqual(await page(5), [6]);
  assert.deepEqual(await page(6), []);
});

test('a dead-letter stream that was deleted is made again for the next one', async (t) => {
  const { bus, database } = await withDeadLetters(t, 1);
  await bus.jetstream()?.manager.streams.delete('DEAD_LETTERS');
  await database.transaction((tx) => outbox.append(tx, [moved('b1', 7)]));
  await until(async () => (await listDeadLetters(bus)).some(({ aggregateId }) => aggregateId === 'b1'), 'the letter');
});
