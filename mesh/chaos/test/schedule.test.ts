import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments } from '../arguments.ts';
import { PARTS } from '../faults/fault.ts';
import { drawSchedule, faultKinds, neighbours } from '../faults/schedule.ts';
import { scheduleText } from '../report.ts';

const options = { count: 120, fromMs: 3_000, toMs: 1_800_000 };

test('a seed gives the same schedule again, another seed another one', () => {
  const text = (seed: number) => scheduleText(drawSchedule({ ...options, seed }));
  assert.equal(text(119), text(119));
  assert.notEqual(text(119), text(120));
});

test('a long schedule has every kind of fault, kills every part and touches every pair, in order and in time', () => {
  const schedule = drawSchedule({ ...options, seed: 7, count: 400 });
  assert.deepEqual(new Set(schedule.map(({ fault }) => fault.kind)), new Set(faultKinds));
  const killed = schedule.flatMap(({ fault }) => (fault.kind === 'kill' ? [fault.target] : []));
  assert.deepEqual(new Set(killed), new Set(PARTS));
  const pairs = schedule.flatMap(({ fault }) => ('between' in fault ? [fault.between.join()] : []));
  assert.deepEqual(new Set(pairs), new Set(neighbours().map((pair) => pair.join())));
  const times = schedule.map(({ atMs }) => atMs);
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  );
  assert.ok(times.every((atMs) => atMs >= options.fromMs && atMs <= options.toMs));
});

test('only the kinds asked for are drawn', () => {
  const schedule = drawSchedule({ ...options, seed: 1, kinds: ['kill', 'forget'] });
  assert.deepEqual(new Set(schedule.map(({ fault }) => fault.kind)), new Set(['kill', 'forget']));
});

test('words on the command line are read, and wrong ones named', () => {
  const { seed, minutes, rate, faults } = readArguments(['--seed', '5', '--minutes', '30']);
  assert.deepEqual({ seed, minutes, rate, faults }, { seed: 5, minutes: 30, rate: 2, faults: 120 });
  assert.deepEqual(readArguments(['--only', 'kill,roll']).kinds, ['kill', 'roll']);
  assert.throws(() => readArguments(['--only', 'flood']), /no fault flood[\s\S]*--only/);
  assert.throws(() => readArguments(['--minutes', 'ten']), /--minutes/);
  assert.throws(() => readArguments(['--sede', '5']), /sede/);
});
