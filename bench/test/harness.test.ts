import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStat } from '../cpu.ts';
import { readOutput, withValues } from '../floors/pgbench.ts';
import { readOptions } from '../harness/options.ts';
import { takeTurns } from '../harness/rounds.ts';
import { Pace } from '../workloads/loaded.ts';

test('subjects take turns, the warm-up is not counted, and every other round goes backwards', async () => {
  const turns: string[] = [];
  const subjectNamed = (name: string) => ({
    name,
    measure: async (turn: number) => {
      turns.push(`${turn}${name}`);
      return { figures: { turn } };
    },
  });
  const results = await takeTurns({ subjects: [subjectNamed('a'), subjectNamed('b')] }, 2, () => undefined);
  assert.deepEqual(turns, ['0b', '0a', '1a', '1b', '2b', '2a']);
  const [{ samples } = { samples: [] }] = results;
  assert.deepEqual(
    samples.map(({ figures }) => figures.turn),
    [1, 2],
  );
});

test('whose latency is compared share a rate: half of what the slowest takes', () => {
  const pace = new Pace();
  for (const perSecond of [900, 300, 2_000]) pace.warm(perSecond);
  assert.equal(pace.perSecond, 150);
});

test('the subjects of a stage have had all their turns before those of the next begin', async () => {
  const turns: string[] = [];
  const subjectOf = (name: string, stage: number) => ({
    name,
    stage,
    measure: async (turn: number) => {
      turns.push(`${turn}${name}`);
      return { figures: { turn } };
    },
  });
  const subjects = [subjectOf('c', 2), subjectOf('a', 1), subjectOf('b', 1)];
  const results = await takeTurns({ subjects }, 1, () => undefined);
  assert.deepEqual(turns, ['0b', '0a', '1a', '1b', '0c', '1c']);
  assert.deepEqual(
    results.map(({ name }) => name),
    ['c', 'a', 'b'],
  );
});

test('CPU time is read past a name with spaces and brackets, with that of children that ended', () => {
  const fields = 'S 12 1 1 0 -1 4194560 100 0 0 0 150 50 30 20 20 0 1 0 100';
  assert.deepEqual(parseStat(`34 (a) b (c)) ${fields}`), [{ pid: 34, parent: 12, seconds: 2.5 }]);
  assert.deepEqual(parseStat(''), []);
});

test('each placeholder of a statement gets its own value, $1 not that of $10', () => {
  const values = Array.from({ length: 10 }, (_, index) => `v${index + 1}`);
  assert.equal(withValues('VALUES ($1, $10, $2::int, $1)', values), 'VALUES (v1, v10, v2::int, v1)');
  assert.throws(() => withValues('$2', ['one']), /no value for \$2/);
});

test('what pgbench prints is read, and what it does not say is not made up', () => {
  const said = `number of transactions actually processed: 6000
number of failed transactions: 2 (0.033%)
latency average = 2.0 ms
initial connection time = 20 ms
tps = 3000.5 (without initial connection time)`;
  const outcome = readOutput(said);
  assert.equal(outcome?.calls, 6_000);
  assert.ok(Math.abs((outcome?.seconds ?? 0) - 2) < 0.01);
  assert.deepEqual(outcome?.errors, { 'failed transactions': 2 });
  assert.equal(readOutput('pgbench: error: connection failed'), undefined);
});

test('a quick run leaves out what takes long, unless it is asked for', () => {
  const all = ['panic', 'start'];
  assert.deepEqual(readOptions([], all).workloads, all);
  assert.deepEqual(readOptions(['--quick'], all).workloads, ['panic']);
  assert.deepEqual(readOptions(['--quick', 'start'], all).workloads, ['start']);
});

test('options name what is wrong with them', () => {
  const known = ['panic', 'unary'];
  assert.deepEqual(readOptions([], known).workloads, known);
  assert.deepEqual(readOptions(['--quick', 'unary'], known).workloads, ['unary']);
  assert.ok(readOptions([], known).rounds >= 5);
  assert.throws(() => readOptions(['panik'], known), /no workload panik: there are panic, unary/);
  assert.throws(() => readOptions(['--rounds', 'x'], known), /--rounds x/);
  assert.throws(() => readOptions(['--rounds', '1.5'], known), /--rounds 1.5/);
});
