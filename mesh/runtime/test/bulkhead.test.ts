import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bulkhead } from '../rpc/admission/bulkhead.ts';

const full = () => new Error('full');
const forever = () => new AbortController().signal;

test('so many run, so many wait in order, and the next one is refused', async () => {
  const bulkhead = new Bulkhead({ running: 2, waiting: 2 }, full);
  const order: number[] = [];
  const enter = (number: number) => bulkhead.enter(forever()).then(() => order.push(number));
  const all = [1, 2, 3, 4].map(enter);
  await assert.rejects(bulkhead.enter(forever()), /full/);
  await Promise.all(all.slice(0, 2));
  assert.deepEqual(order, [1, 2]);
  bulkhead.leave();
  bulkhead.leave();
  await Promise.all(all);
  assert.deepEqual(order, [1, 2, 3, 4]);
});

test('who gives up while waiting makes room, and is never let in', async () => {
  const bulkhead = new Bulkhead({ running: 1, waiting: 1 }, full);
  await bulkhead.enter(forever());
  const leaving = new AbortController();
  const gone = bulkhead.enter(leaving.signal);
  leaving.abort(new Error('the caller went away'));
  await assert.rejects(gone, /went away/);
  const next = bulkhead.enter(forever());
  await assert.rejects(bulkhead.enter(AbortSignal.abort(new Error('gone before'))), /gone before|full/);
  bulkhead.leave();
  await next;
  assert.deepEqual([bulkhead.running, bulkhead.waiting], [1, 0]);
});

test('whatever callers do, never more run or wait than may, and no place is lost', async () => {
  const steps = fc.array(fc.constantFrom('enter', 'leave', 'abort'), { maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 4 }), async (taken, running, waiting) => {
      const bulkhead = new Bulkhead({ running, waiting }, full);
      const waiters: AbortController[] = [];
      let inside = 0;
      for (const step of taken) {
        if (step === 'enter') {
          const controller = new AbortController();
          waiters.push(controller);
          bulkhead.enter(controller.signal).then(
            () => {
              waiters.splice(waiters.indexOf(controller), 1);
              inside += 1;
            },
            () => waiters.splice(waiters.indexOf(controller), 1),
          );
        } else if (step === 'abort') waiters[0]?.abort();
        else if (inside > 0) {
          inside -= 1;
          bulkhead.leave();
        }
        await Promise.resolve().then(() => undefined);
        await Promise.resolve();
        assert.ok(bulkhead.running <= running && bulkhead.waiting <= waiting);
      }
      for (const waiter of [...waiters]) waiter.abort();
      await new Promise(setImmediate);
      for (; inside > 0; inside--) bulkhead.leave();
      assert.deepEqual([bulkhead.running, bulkhead.waiting], [0, 0]);
    }),
  );
});
