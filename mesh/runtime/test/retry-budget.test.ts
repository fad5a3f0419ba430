import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RetryBudget } from '../rpc/upstream/retry-budget.ts';

const settings = { ratio: 0.1, perSecond: 5, most: 50 };

test('of many calls that all fail at once a tenth may be sent again, beside what was saved up', () => {
  const budget = new RetryBudget(settings, () => 0);
  let retries = 0;
  for (let call = 0; call < 10_000; call++) {
    budget.earn();
    if (budget.spend()) retries += 1;
  }
  assert.ok(retries >= 1_000 && retries <= 1_000 + settings.most, `${retries} retries`);
});

test('time earns retries for an upstream that is seldom called, and no more than may be saved up', () => {
  let nowMs = 0;
  const budget = new RetryBudget(settings, () => nowMs);
  const spendAll = () => {
    let spent = 0;
    while (budget.spend()) spent += 1;
    return spent;
  };
  assert.equal(spendAll(), 50);
  nowMs += 2_000;
  assert.equal(spendAll(), 10);
  nowMs += 3_600_000;
  assert.equal(spendAll(), 50);
});

test('whatever happens in whatever order, retries are never more than what calls and time paid for', () => {
  const steps = fc.array(fc.oneof(fc.constant('call'), fc.constant('retry'), fc.nat({ max: 5_000 })));
  fc.assert(
    fc.property(steps, (taken) => {
      let nowMs = 0;
      let calls = 0;
      let retries = 0;
      const budget = new RetryBudget(settings, () => nowMs);
      for (const step of taken) {
        if (step === 'call') {
          calls += 1;
          budget.earn();
        } else if (step === 'retry') retries += budget.spend() ? 1 : 0;
        else nowMs += Number(step);
      }
      const paid = settings.most + calls * settings.ratio + (nowMs / 1_000) * settings.perSecond;
      assert.ok(retries <= paid + 1e-6);
    }),
  );
});
