import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EmergencyMovedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import type { EventHandler } from '../events/consumer.ts';
import { type DeadLetter, listDeadLetters, replayDeadLetter } from '../events/dead-letters.ts';
import { subjectOf } from '../events/subjects.ts';
import { pending, publish, ready } from '../testing/consuming.ts';
import { collectMoves, moved, type TestEvents, testEvents, until, upTo } from '../testing/events.ts';

const consumer = fileURLToPath(new URL('../testing/crashing-consumer.ts', import.meta.url));

/** Starts the consuming process as often as it ends, until so many events are dead letters and nothing is left to do. */
async function runUntilDead(t: TestContext, { mesh, bus }: TestEvents, count: number, maxAttempts: number) {
  let crashes = 0;
  let child: ChildProcess | undefined;
  let letters: DeadLetter[] = [];
  t.after(() => child?.kill('SIGKILL'));
  const isDone = async () => {
    letters = await listDeadLetters(bus);
    return letters.length >= count && (await pending(bus)) === 0;
  };
  for (let done = false; !done; ) {
    child = spawn(process.execPath, [consumer, mesh.databaseUrl, mesh.nats.url, String(maxAttempts)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const crashed = once(child, 'exit').then(([, signal]) => assert.equal(signal, 'SIGKILL') ?? true);
    // A question to NATS on a busy machine may go unanswered; the next one is.
    while (!done && !(await Promise.race([crashed, sleep(100, false)]))) done = await isDone().catch(() => false);
    if (!done) crashes += 1;
  }
  child?.kill('SIGKILL');
  return { crashes, letters };
}

test('events that end their process over and over become dead letters, and none beside them is lost, doubled or blamed', async (t) => {
  const events = await testEvents(t);
  const { bus, sql } = events;
  await sql('CREATE TABLE effects (number int)');
  await ready(bus);
  const poisons = [moved('bad1', -1), moved('bad2', -2)];
  const sound = upTo(40).map((number) => moved(`a${number}`, number));
  await publish(bus, [...sound.slice(0, 3), ...poisons, ...sound.slice(3)]);
  const { crashes, letters } = await runUntilDead(t, events, 2, 2);

  assert.deepEqual(letters.map(({ id }) => id).sort(), poisons.map(({ id }) => id).sort());
  for (const { reason, attempts } of letters) {
    assert.equal(reason, 'the process ended each time that it was handled');
    assert.equal(attempts, 2);
  }
  const rows = await sql('SELECT number FROM effects ORDER BY number');
  assert.deepEqual(
    rows.map(({ number }) => number),
    upTo(40),
  );
  assert.deepEqual(await sql('SELECT * FROM inbox_attempts'), []);
  t.diagnostic(`${crashes} crashes`);
});

test('a replayed event that had ended its process has all its attempts again', async (t) => {
  const events = await testEvents(t);
  const { bus, sql } = events;
  await sql('CREATE TABLE effects (number int)');
  await ready(bus);
  await publish(bus, [moved('bad', -1)]);
  const { letters } = await runUntilDead(t, events, 1, 1);
  const mended = collectMoves();
  events.consumer({ handle: [mended.handler], maxAttempts: 1 });
  assert.equal(await replayDeadLetter(bus, letters[0]?.seq ?? 0), true);
  await until(() => mended.of('bad').length === 1, 'the replayed event');
  assert.deepEqual(await listDeadLetters(bus), []);
});

test('an attempt that was cut short by a stop is not counted', async (t) => {
  const events = await testEvents(t);
  const { bus, sql } = events;
  await ready(bus);
  await publish(bus, [moved('a1', 1)]);
  let begun = 0;
  /** Handles nothing until it is told to stop. */
  const waiting: EventHandler = {
    subject: subjectOf(EmergencyMovedSchema),
    accept: () => async (context) => {
      begun += 1;
      await once(context.signal, 'abort');
      context.signal.throwIfAborted();
    },
  };
  for (const round of upTo(3)) {
    const running = events.consumer({ handle: [waiting], maxAttempts: 1 });
    await until(() => begun === round, 'the beginning');
    await running.stop();
    assert.deepEqual(await sql('SELECT * FROM inbox_attempts WHERE attempts > 0'), [], `after stop ${round}`);
  }
  const moves = collectMoves();
  events.consumer({ handle: [moves.handler], maxAttempts: 1 });
  await until(() => moves.of('a1').length === 1, 'the event');
  assert.deepEqual(await listDeadLetters(bus), []);
});
