import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepared } from '../database/sql.ts';
import { listDeadLetters } from '../events/dead-letters.ts';
import { jetstreamOf, pending, publish, ready } from '../testing/consuming.ts';
import { collectMoves, moved, testEvents, until, upTo } from '../testing/events.ts';

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

test('where many wait several share a transaction; one that fails takes its own effect back, and no other', async (t) => {
  const events = await testEvents(t);
  await ready(events.bus);
  await events.sql('CREATE TABLE effects (aggregate text, transaction text)');
  const effect = prepared('effect', 'INSERT INTO effects VALUES ($1, pg_current_xact_id()::text)');
  const { handler } = collectMoves();
  let failures = 0;
  const counting = {
    subject: handler.subject,
    accept:
      () =>
      async ({ tx, aggregateId }: Parameters<ReturnType<typeof handler.accept>>[0]) => {
        await tx.query(effect, [aggregateId]);
        if (aggregateId !== 'broken' || failures === 3) return;
        failures += 1;
        throw new Error('broken');
      },
  };
  const sound = upTo(400).map((number) => moved(`sound${number}`, number));
  await publish(events.bus, [...sound.slice(0, 300), moved('broken', 1), ...sound.slice(300)]);
  events.consumer({ handle: [counting], concurrency: 2 });
  await until(async () => (await pending(events.bus).catch(() => 1)) === 0, 'acknowledgement', 20_000);
  const [row] = await events.sql(
    'SELECT count(*), count(DISTINCT aggregate) AS each, count(DISTINCT transaction) AS transactions FROM effects',
  );
  assert.equal(Number(row?.count), 401);
  assert.equal(Number(row?.each), 401);
  assert.ok(Number(row?.transactions) < 200, `${row?.transactions} transactions`);
  assert.equal(failures, 3);
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
  // One that shared its transaction with one that failed was handled again, by itself.
  const handledOnce = () => [...new Set(moves.of('sound'))];
  await until(() => handledOnce().length === 100, 'the others', 5_000);
  assert.deepEqual(handledOnce(), upTo(100));
  assert.deepEqual(moves.of('broken1'), []);
  broken = false;
  await until(() => moves.of('broken10').length === 20 && moves.of('broken9').length === 20, 'the rest');
  await until(async () => (await pending(events.bus)) === 0, 'acknowledgement');
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
