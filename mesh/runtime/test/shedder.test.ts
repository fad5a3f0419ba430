import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Priority } from '@kreki/gen/kreki/options/v1/options_pb.js';
import fc from 'fast-check';
import { type LoopSample, Shedder } from '../rpc/admission/shedder.ts';

const LIMIT_MS = 100;
const late: LoopSample = { delayMs: 3 * LIMIT_MS, utilization: 1 };
const quiet: LoopSample = { delayMs: 0, utilization: 0.1 };

const admitted = (shedder: Shedder, priority: Priority, of = 100) =>
  Array.from({ length: of }, () => shedder.admits(priority)).filter(Boolean).length;
const shares = (shedder: Shedder) =>
  [Priority.SHEDDABLE, Priority.NORMAL, Priority.CRITICAL].map((priority) => admitted(shedder, priority));

test('while the loop is late, first a part of what is sheddable is refused, then all of it, then what is normal; not what is critical', () => {
  const shedder = new Shedder(LIMIT_MS);
  const seen: number[][] = [];
  for (let sample = 0; sample < 40; sample++) {
    seen.push(shares(shedder));
    shedder.observe(late);
  }
  assert.deepEqual(seen[0], [100, 100, 100]);
  for (const [index, [sheddable = 0, normal = 0, critical = 0]] of seen.entries()) {
    assert.equal(critical, 100);
    assert.ok(sheddable === 0 || normal === 100, 'nothing normal is refused while something sheddable is let in');
    const [before = 0] = seen[index - 1] ?? [100];
    assert.ok(before - sheddable <= 16, 'step by step');
  }
  assert.deepEqual(seen.at(-1), [0, 0, 100]);
});

test('what is critical is refused only when the loop is very late in spite of all else', () => {
  const shedder = new Shedder(LIMIT_MS);
  for (let sample = 0; sample < 100; sample++) shedder.observe({ delayMs: 20 * LIMIT_MS, utilization: 1 });
  assert.deepEqual(shares(shedder), [0, 0, 0]);
  for (let sample = 0; sample < 60; sample++) shedder.observe(late);
  assert.deepEqual(shares(shedder), [0, 0, 100]);
});

test('calls are let in again slowly, and the order is the other way round', () => {
  const shedder = new Shedder(LIMIT_MS);
  for (let sample = 0; sample < 40; sample++) shedder.observe(late);
  const seen: number[][] = [];
  for (let sample = 0; sample < 120; sample++) {
    shedder.observe(quiet);
    seen.push(shares(shedder));
  }
  assert.ok(seen.every(([sheddable = 0, normal = 0]) => normal === 100 || sheddable === 0));
  assert.deepEqual(seen.at(-1), [100, 100, 100]);
});

test('a delay about the limit does not make it flap: between the limit and half of it nothing changes', () => {
  const shedder = new Shedder(LIMIT_MS);
  for (let sample = 0; sample < 5; sample++) shedder.observe(late);
  const { pressure } = shedder;
  for (const delayMs of [99, 51, 75, 60]) shedder.observe({ delayMs, utilization: 1 });
  assert.equal(shedder.pressure, pressure);
});

test('a loop that is late on a machine where others take the time sheds nothing', () => {
  const shedder = new Shedder(LIMIT_MS);
  for (let sample = 0; sample < 100; sample++) shedder.observe({ delayMs: 20 * LIMIT_MS, utilization: 0.3 });
  assert.deepEqual(shares(shedder), [100, 100, 100]);
});

test('whatever it observes, pressure is within its scale, moves in small steps, and refuses evenly', () => {
  const sample = fc.record({
    delayMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
    utilization: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 300 }), (samples) => {
      const shedder = new Shedder(LIMIT_MS);
      for (const each of samples) {
        const before = shedder.pressure;
        shedder.observe(each);
        assert.ok(shedder.pressure >= 0 && shedder.pressure <= 3);
        assert.ok(Math.abs(shedder.pressure - before) <= 0.25 + 1e-9);
      }
      const share = 1 - Math.min(shedder.pressure, 1);
      assert.ok(Math.abs(admitted(shedder, Priority.SHEDDABLE, 1_000) - share * 1_000) <= 2);
    }),
  );
});
