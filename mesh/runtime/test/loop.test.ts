import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loop } from '../loop.ts';
import { testLog, until } from '../testing/events.ts';

const options = { log: testLog };

test('a loop steps at once, then at its interval', async () => {
  let steps = 0;
  const running = loop('test', 20, async () => void steps++, options);
  assert.equal(steps, 0);
  running.start();
  running.start();
  await sleep(1);
  assert.equal(steps, 1);
  await until(() => steps >= 4, 'steps', 2_000);
  await running.stop();
});

test('waking makes a step now, or another right after the one that runs; never two at a time', async () => {
  let steps = 0;
  let running = 0;
  const subject = loop(
    'test',
    60_000,
    async () => {
      steps += 1;
      running += 1;
      assert.equal(running, 1);
      await sleep(20);
      running -= 1;
    },
    options,
  );
  subject.start();
  await sleep(1);
  for (let times = 0; times < 5; times++) subject.wake();
  await sleep(60);
  assert.equal(steps, 2);
  subject.wake();
  await until(() => steps === 3, 'the step', 500);
  await subject.stop();
});

test('a step that fails comes again later and later, whoever wakes it, and in time again once it succeeds', async () => {
  const times: number[] = [];
  let fails = true;
  const subject = loop(
    'test',
    5,
    async () => {
      times.push(performance.now());
      if (fails) throw new Error('no');
    },
    { ...options, maxBackOffMs: 300 },
  );
  subject.start();
  const waking = setInterval(() => subject.wake(), 2);
  await sleep(900);
  clearInterval(waking);
  assert.ok(times.length >= 3 && times.length <= 6, `${times.length} steps`);
  fails = false;
  await until(() => times.length > 20, 'steps', 2_000);
  await subject.stop();
});

test('stopping aborts the running step, waits for it, and is quick in a pause', async () => {
  let ended = false;
  const busy = loop(
    'busy',
    10,
    async (signal) => {
      await sleep(60_000, undefined, { signal }).catch(() => undefined);
      ended = true;
    },
    options,
  );
  busy.start();
  await sleep(1);
  await busy.stop();
  assert.ok(ended);

  const idle = loop('idle', 60_000, async () => undefined, options);
  idle.start();
  await sleep(1);
  const start = performance.now();
  await idle.stop();
  assert.ok(performance.now() - start < 50);
  await loop('never started', 10, async () => undefined, options).stop();
});
