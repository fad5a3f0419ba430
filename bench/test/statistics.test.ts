import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { at, Latencies } from '../harness/latencies.ts';
import { failureShare, figureOf, judge, median, medianCurve, ratioOf } from '../harness/statistics.ts';
import { subject, workload } from './made.ts';

const TARGET = { subject: 'mesh', figure: 'perSecond', against: 'floor', atLeast: 0.5 } as const;

test('the median is the middle one, or the mean of the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 10]), 3);
  assert.ok(Number.isNaN(median([])));
});

test('half of the values lie on either side of the median, in whichever order they came', () => {
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, (given) => {
      const middle = median(given);
      assert.ok(given.filter((value) => value < middle).length <= given.length / 2);
      assert.ok(given.filter((value) => value > middle).length <= given.length / 2);
    }),
  );
});

test('a ratio is taken within each round, so that a slow round of the machine does not move it', () => {
  const mesh = subject('mesh', [500, 50, 500]);
  const floor = subject('floor', [1_000, 100, 1_000]);
  assert.deepEqual(ratioOf(mesh, floor, 'perSecond'), { median: 0.5, lowest: 0.5, highest: 0.5, rounds: 3 });
});

test('a ratio is not made of figures from different rounds', () => {
  const floor = subject('floor', [1_000, 0, 1_000]);
  assert.deepEqual(ratioOf(subject('mesh', [100, 999, 300]), floor, 'perSecond'), {
    median: 0.2,
    lowest: 0.1,
    highest: 0.3,
    rounds: 2,
  });
});

test('a target holds by the median of its rounds', () => {
  const floor = subject('floor', [100, 100, 100]);
  assert.equal(judge(workload([subject('mesh', [90, 50, 10]), floor]), TARGET).held, true);
  assert.equal(judge(workload([subject('mesh', [90, 49, 10]), floor]), TARGET).held, false);
});

test('a target is not held by what was not measured', () => {
  const alone = judge(workload([subject('mesh', [90, 50, 10])]), TARGET);
  assert.equal(alone.held, false);
  assert.equal(alone.because, 'not measured');
  const without = { subject: 'mesh', figure: 'p99Ms', below: 50 };
  assert.equal(judge(workload([subject('mesh', [90])]), without).held, false);
});

test('a target is not held where more than one call in a thousand failed', () => {
  const floor = subject('floor', [100, 100]);
  const failing = (failed: number) => subject('mesh', [90, 90], { errors: { 'HTTP 503': failed } });
  assert.equal(judge(workload([failing(1), floor]), TARGET).held, true);
  const { held, because } = judge(workload([failing(30), floor]), TARGET);
  assert.equal(held, false);
  assert.match(because ?? '', /2\.9 % of the calls failed/);
  assert.equal(failureShare(failing(250)), 0.2);
});

test('a limit is a limit: what reaches it is not below', () => {
  const target = { subject: 'mesh', figure: 'p99Ms', below: 50 };
  const taking = (p99Ms: number) => workload([subject('mesh', [1], { figures: { p99Ms } })]);
  assert.equal(judge(taking(49.9), target).held, true);
  assert.equal(judge(taking(50), target).held, false);
});

test('a figure is given from its lowest to its highest round', () => {
  assert.deepEqual(figureOf(subject('mesh', [30, 10, 20]), 'perSecond'), {
    median: 20,
    lowest: 10,
    highest: 30,
    rounds: 3,
  });
  assert.equal(figureOf(subject('mesh', [30]), 'nothing'), undefined);
});

test('the curve of a run is the middle of its rounds at each percentile', () => {
  const curve = (p50: number, p99: number) => ({
    count: 9,
    curve: [
      [50, p50],
      [99, p99],
    ] as const,
  });
  assert.deepEqual(medianCurve([curve(1, 9), curve(2, 7), curve(3, 8)]), [
    [50, 2],
    [99, 8],
  ]);
});

test('the histogram gives the percentiles of what was recorded, to a thousandth', () => {
  const times = fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 500 });
  fc.assert(
    fc.property(times, (given) => {
      const latencies = new Latencies();
      for (const ms of given) latencies.record(ms);
      const summary = latencies.summary();
      assert.equal(summary.count, given.length);
      for (const p of [50, 90, 99, 100]) {
        // HdrHistogram rounds the rank.
        const rank = Math.max(1, Math.floor((p / 100) * given.length + 0.5));
        const exact = given.toSorted((one, other) => one - other)[rank - 1] ?? Number.NaN;
        assert.ok(Math.abs(at(summary, p) - exact) <= exact * 0.002 + 0.001, `p${p}: ${at(summary, p)} for ${exact}`);
      }
    }),
  );
});
