import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Latency } from '../harness/sample.ts';
import { changes } from '../results/compare.ts';
import { markdown } from '../results/markdown.ts';
import { plotsOf } from '../results/plots/plots.ts';
import { ticks } from '../results/plots/svg.ts';
import { newestOfEach } from '../results/write-report.ts';
import { runOf, subject, workload } from './made.ts';

const latency: Latency = {
  count: 1_000,
  curve: [
    [50, 4],
    [99, 30],
    [99.9, 60],
    [100, 80],
  ],
};
const measured = workload([
  subject('floor', [100, 110, 120]),
  subject('mesh', [40, 44, 48], { latency, cpuMicros: { gateway: 300, emergency: 200, redis: 1 } }),
]);

test('the report says of each target whether it holds, and by how much', () => {
  const text = markdown([{ run: runOf([measured]), workload: measured }], new Map());
  assert.match(text, /\| ✗ \| throughput of mesh ≥ 0\.5 × floor \| 0\.4 × \(0\.4–0\.4\) \|/);
  assert.match(text, /\| mesh \| 44 \/s \(40–48\) \|/);
  const held = workload([subject('floor', [100]), subject('mesh', [60])]);
  assert.match(markdown([{ run: runOf([held]), workload: held }], new Map()), /\| ✓ \| throughput of mesh/);
});

test('the report says where the generator was the limit, and what failed', () => {
  const limited = workload([subject('mesh', [50], { figures: { generatorCores: 0.97 }, errors: { ECONNRESET: 10 } })]);
  const text = markdown([{ run: runOf([limited]), workload: limited }], new Map());
  assert.match(text, /0\.97 \(the limit\)/);
  assert.match(text, /0\.99 %/);
});

test('there is a picture of each kind of figure that was measured, and of no other', () => {
  const names = (of: typeof measured) => [...plotsOf(of).keys()];
  assert.deepEqual(names(measured), ['panic-throughput.svg', 'panic-latency.svg', 'panic-cpu.svg']);
  assert.deepEqual(names(workload([subject('mesh', [1])])), ['panic-throughput.svg']);
});

test('subjects that lie on curves are drawn as these, from the fewest volunteers to the most, and not as bars', () => {
  const at = (x: number, curve: string, perSecond: number) => ({
    ...subject(`${curve} ${x}`, [perSecond]),
    point: { plot: 'match', curve, x },
  });
  const grown = workload([at(1_000, '1 replica', 90), at(10, '1 replica', 100), at(10, '2 replicas', 50)], {
    name: 'growth',
    captions: { 'growth-match-throughput.svg': 'It falls hardly.' },
  });
  const plots = plotsOf(grown);
  assert.deepEqual([...plots.keys()], ['growth-match-throughput.svg']);
  const picture = plots.get('growth-match-throughput.svg') ?? '';
  const [line = ''] = [...picture.matchAll(/points="([^"]+)"/g)].map((match) => match[1]);
  const [first = [], last = []] = line.split(' ').map((point) => point.split(',').map(Number));
  assert.ok((first[0] ?? 0) < (last[0] ?? 0), line);
  assert.ok((first[1] ?? 0) < (last[1] ?? 0), line);
  assert.match(picture, />2 replicas</);
  const text = markdown([{ run: runOf([grown]), workload: grown }], new Map([['growth', [...plots.keys()]]]));
  assert.match(text, /growth-match-throughput\.svg\)\n\nIt falls hardly\./);
});

test('what happens one after the other is drawn as one bar, however short a part', () => {
  const staged = workload([
    subject('20 presses/s', [1], { stagesMs: { acknowledged: 20, offered: 0.1, 'on the phone': 60 } }),
  ]);
  const picture = plotsOf(staged).get('panic-stages.svg') ?? '';
  for (const part of ['acknowledged', 'offered', 'on the phone']) assert.match(picture, new RegExp(`>${part}<`));
});

test('figures without a column have a row, with the part that they are of', () => {
  const parts = workload([subject('20 presses/s', [1], { figures: { 'p99Ms of offered': 12, generatorCores: 0.1 } })]);
  const text = markdown([{ run: runOf([parts]), workload: parts }], new Map());
  assert.match(text, /\| 20 presses\/s \| p99 of offered \| 12\.0 ms/);
  assert.doesNotMatch(text, /\| 20 presses\/s \| generator \|/);
});

test('bars are as long as their figures, and small parts of CPU time are drawn together', () => {
  const plots = plotsOf(measured);
  const widths = [...(plots.get('panic-throughput.svg') ?? '').matchAll(/<rect [^>]*width="([\d.]+)"/g)];
  const [floor = 0, mesh = 1] = widths.map((match) => Number(match[1]));
  assert.ok(Math.abs(mesh / floor - 44 / 110) < 0.005, `${mesh} to ${floor}`);
  const cpu = plots.get('panic-cpu.svg') ?? '';
  assert.match(cpu, />gateway</);
  assert.match(cpu, />others</);
  assert.doesNotMatch(cpu, />redis</);
});

test('pictures hold no figure that is none, and names cannot break them', () => {
  const odd = workload([subject('<a & "b">', [0, 0], { latency: { count: 0, curve: [] } }), subject('mesh', [5])]);
  for (const picture of plotsOf(odd).values()) {
    assert.doesNotMatch(picture, /NaN|Infinity|<a/);
    assert.match(picture, /&lt;a &amp; &quot;b&quot;&gt;/);
  }
});

test('the marks of a scale are round and reach as far as the figures', () => {
  assert.deepEqual(ticks(1_234), [0, 500, 1_000, 1_500]);
  assert.ok((ticks(0.37).at(-1) ?? 0) >= 0.37);
});

test('the report takes the newest whole run of each workload', () => {
  const other = workload([subject('mesh', [1])], { name: 'unary' });
  const runs = [
    runOf([measured, other], { commit: 'first' }),
    runOf([measured], { commit: 'second' }),
    runOf([measured], { commit: 'third', quick: true }),
  ];
  const found = newestOfEach(runs, ['panic', 'unary', 'match']);
  assert.deepEqual(
    found.map(({ run, workload }) => [workload.name, run.commit]),
    [
      ['panic', 'second'],
      ['unary', 'first'],
    ],
  );
});

test('a change is told from what lies within the spread of the rounds', () => {
  const of = (mesh: readonly number[]) => runOf([workload([subject('floor', [100, 100, 100]), subject('mesh', mesh)])]);
  const [faster] = changes(of([40, 41, 42]), of([50, 51, 52]));
  assert.deepEqual([faster?.before, faster?.now, faster?.apart], [0.41, 0.51, true]);
  const [same] = changes(of([40, 41, 52]), of([39, 45, 50]));
  assert.equal(same?.apart, false);
});
