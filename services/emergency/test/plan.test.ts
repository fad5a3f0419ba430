import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import fc from 'fast-check';
import { type Candidate, type DispatchState, planDispatch, type Search } from '../dispatch/plan.ts';
import type { Policy } from '../dispatch/policy.ts';

const policy: Policy = {
  offersOutstanding: 7,
  offerTimeoutMs: 30_000,
  radiiMeters: [500, 1_000, 2_000],
  escalateAfterMs: 120_000,
  searchAgainMs: 5_000,
  searchAgainMaxMs: 60_000,
  checkOffersMs: 15_000,
  retryMs: 500,
  retryMaxMs: 2_000,
  giveUpAfterMs: 7_200_000,
};

const volunteer = fc.integer({ min: 0, max: 40 }).map((n) => `volunteer-${n}`);
const distance = fc.double({ min: 0, max: 2_000, noNaN: true });

const search: fc.Arbitrary<Search> = fc.record({
  candidates: fc
    .uniqueArray(
      fc.record({
        volunteerId: volunteer,
        displayName: fc.constant(''),
        distanceMeters: distance,
        responding: fc.boolean(),
      }),
      { selector: ({ volunteerId }) => volunteerId, maxLength: 30 },
    )
    .map((found: Candidate[]) => found.sort((one, other) => one.distanceMeters - other.distanceMeters)),
  complete: fc.boolean(),
});

const state: fc.Arbitrary<DispatchState> = fc.record({
  createdMs: fc.constant(0),
  respondersNeeded: fc.integer({ min: 1, max: 3 }),
  activeResponses: fc.integer({ min: 0, max: 3 }),
  openOffers: fc.uniqueArray(
    fc.record({
      id: fc.uuid(),
      volunteerId: volunteer,
      distanceMeters: distance,
      expiresMs: fc.integer({ min: 0, max: 300_000 }),
      respondsElsewhere: fc.boolean(),
    }),
    { selector: ({ volunteerId }) => volunteerId, maxLength: 7 },
  ),
  excludedIds: fc.uniqueArray(volunteer, { maxLength: 20 }).map((ids) => new Set(ids)),
  radiusMeters: fc.constantFrom(500, 1_000, 2_000),
  escalated: fc.boolean(),
  failedSearches: fc.integer({ min: 0, max: 5 }),
  first: fc.boolean(),
});

const situation = fc.tuple(
  state,
  fc.oneof({ weight: 4, arbitrary: search }, fc.constant('unavailable' as const), fc.constant(undefined)),
  fc.oneof(fc.integer({ min: 0, max: 300_000 }), fc.constant(policy.giveUpAfterMs)),
);

const holds = (check: (state: DispatchState, found: Search | 'unavailable' | undefined, nowMs: number) => void) =>
  fc.assert(
    fc.property(situation, ([before, found, nowMs]) => check(before, found, nowMs)),
    { numRuns: 2_000 },
  );

test('never more offers stand than the policy says', () =>
  holds((before, found, nowMs) => {
    const plan = planDispatch(before, found, policy, nowMs);
    const standing = before.openOffers.length - plan.expire.length - plan.withdraw.length;
    assert.ok(standing >= 0 && standing + plan.offer.length <= policy.offersOutstanding);
  }));

test('nobody is offered who answered before, is asked already, or responds elsewhere, and nobody twice', () =>
  holds((before, found, nowMs) => {
    const { offer } = planDispatch(before, found, policy, nowMs);
    const asked = new Set(before.openOffers.map(({ volunteerId }) => volunteerId));
    for (const { volunteerId, responding } of offer) {
      assert.ok(!responding && !asked.has(volunteerId) && !before.excludedIds.has(volunteerId));
    }
    assert.equal(new Set(offer.map(({ volunteerId }) => volunteerId)).size, offer.length);
  }));

test('the radius never shrinks, never passes the widest, and holds everybody who is offered', () =>
  holds((before, found, nowMs) => {
    const { radiusMeters, offer } = planDispatch(before, found, policy, nowMs);
    assert.ok(radiusMeters >= before.radiusMeters && radiusMeters <= 2_000);
    assert.ok(offer.every(({ distanceMeters }) => distanceMeters <= radiusMeters));
  }));

test('the radius is widened no further than the last one offered needs, or all the way when there are too few', () =>
  holds((before, found, nowMs) => {
    const plan = planDispatch(before, found, policy, nowMs);
    if (plan.radiusMeters === before.radiusMeters) return;
    const standing = before.openOffers.length - plan.expire.length - plan.withdraw.length;
    const enough = standing + plan.offer.length === policy.offersOutstanding;
    const narrower = plan.radiusMeters / 2;
    assert.ok(!enough || plan.offer.some(({ distanceMeters }) => distanceMeters > narrower));
    assert.ok(enough || plan.radiusMeters === 2_000);
  }));

test('nobody more is asked once the places are filled, and those who wait are withdrawn', () =>
  holds((before, found, nowMs) => {
    const filled = { ...before, activeResponses: before.respondersNeeded };
    const plan = planDispatch(filled, found, policy, nowMs);
    assert.deepEqual([plan.offer.length, plan.expire.length, plan.nextStepMs], [0, 0, undefined]);
    assert.equal(plan.withdraw.length, before.openOffers.length);
    assert.equal(plan.escalate, undefined);
  }));

test('the nearest come first: nobody eligible is passed over for somebody farther', () =>
  holds((before, found, nowMs) => {
    const { offer, decisions } = planDispatch(before, found, policy, nowMs);
    const farthest = Math.max(0, ...offer.map(({ distanceMeters }) => distanceMeters));
    const passed = decisions.filter(
      ({ action, reason }) => action === DispatchAction.SKIPPED && reason === 'ENOUGH_OFFERS_OPEN',
    );
    assert.ok(passed.every(({ distanceMeters = 0 }) => distanceMeters >= farthest));
  }));

test('dispatch looks again in time, as long as places are free and it has not given up', () =>
  holds((before, found, nowMs) => {
    const plan = planDispatch(before, found, policy, nowMs);
    const filled = before.activeResponses >= before.respondersNeeded;
    if (filled || nowMs >= policy.giveUpAfterMs) return;
    assert.ok(plan.nextStepMs !== undefined && plan.nextStepMs >= nowMs);
    assert.ok(plan.nextStepMs <= nowMs + policy.searchAgainMaxMs);
    if (found === 'unavailable') assert.ok(plan.nextStepMs <= nowMs + policy.retryMaxMs);
  }));

test('it is handed over at most once, and always when time runs out', () =>
  holds((before, found, nowMs) => {
    const { escalate } = planDispatch(before, found, policy, nowMs);
    if (before.escalated) assert.equal(escalate, undefined);
    const late = nowMs >= policy.escalateAfterMs && before.activeResponses < before.respondersNeeded;
    if (late && !before.escalated) assert.ok(escalate);
  }));

test('an offer whose volunteer is missing from an incomplete search stands', () =>
  holds((before, found, nowMs) => {
    if (typeof found !== 'object' || found.complete) return;
    const { withdraw } = planDispatch(before, found, policy, nowMs);
    assert.ok(withdraw.every(({ reason }) => reason !== 'NO_LONGER_ELIGIBLE'));
  }));
