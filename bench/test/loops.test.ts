import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoop, openLoop } from '../generator/loops.ts';
import { at } from '../harness/latencies.ts';

test('a pause of the other side is felt by all the calls that were due in it', async () => {
  const pauseMs = 400;
  let paused = false;
  // A server that answers at once, but for one pause in which it begins nothing.
  let free: Promise<unknown> = Promise.resolve();
  const send = async () => {
    if (!paused) {
      paused = true;
      free = sleep(pauseMs);
    }
    await free;
  };
  const { calls, latency } = await openLoop(send, 0.8, 100);
  assert.equal(calls, 80);
  assert.ok(latency);
  // The pause covers half of the moments at which calls were due: a quarter of them waited for half of it or longer.
  assert.ok(at(latency, 90) >= pauseMs / 2, `p90 is ${at(latency, 90)} ms`);
});

test('calls go out at their moments while none is answered', async () => {
  let begun = 0;
  let answer = (_: unknown) => {};
  const answered = new Promise((resolve) => {
    answer = resolve;
  });
  const load = openLoop(
    () => {
      begun += 1;
      if (begun === 20) answer(undefined);
      return answered as Promise<void>;
    },
    0.1,
    200,
  );
  assert.equal((await load).calls, 20);
});

test('callers of a closed loop wait for their answers', async () => {
  let underWay = 0;
  let most = 0;
  const send = async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await sleep(5);
    underWay -= 1;
  };
  const { calls } = await closedLoop(send, 0.2, 3);
  assert.equal(most, 3);
  assert.ok(calls >= 3);
});

test('what fails is counted by what was said, and is neither a call nor a latency', async () => {
  let turn = 0;
  const send = async () => {
    if (turn++ % 2 === 0) throw new Error('HTTP 503');
  };
  const { calls, errors, latency } = await openLoop(send, 0.1, 100);
  assert.equal(calls, 5);
  assert.deepEqual(errors, { 'HTTP 503': 5 });
  assert.equal(latency?.count, 5);
});
