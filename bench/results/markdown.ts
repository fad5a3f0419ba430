import type { Captions, Run, SubjectResult, WorkloadResult } from '../harness/sample.ts';
import { failureShare, figureOf, judge, ratioOf } from '../harness/statistics.ts';
import { findingOf, number, ratio, sentence, spread, wordingOf } from './words.ts';

/** Where a workload's figures come from: a report may hold several runs. */
export interface Measured {
  readonly run: Run;
  readonly workload: WorkloadResult;
}

/** Figures in a column of their own; the others are named in the row. */
const COLUMNS = ['perSecond', 'p50Ms', 'p99Ms', 'cpuMicros'] as const;
/** Told elsewhere, or for the record alone. */
const ASIDE = ['calls', 'generatorCores', 'latencyPerSecond', 'maxMs'];
const GENERATOR_LIMIT = 0.9;

const INTRODUCTION = `# Benchmarks

What the mesh takes, how long calls take, and what the machine would give at best: each workload beside its floor, on the same machine and servers, in
turns. Made by \`npm run bench\`; figures are medians of the rounds, in brackets the lowest and the highest. Ratios are taken within a round.
Take ratios rather than figures: both sides share the machine with the generator.

- **Throughput**: callers who call again as soon as they are answered.
- **Latency**: calls at a steady rate, half of the subject's own throughput unless it is said otherwise. The clock of a call starts at its intended moment, whatever kept it from
  beginning then (no coordinated omission). HDR histograms.
- **CPU of a call**: user and system time of the processes that answer, without the generator, from \`/proc/<pid>/stat\`, while throughput is measured.
- **Generator**: processors that the generator itself used. Near 1 it was the limit, and the throughput beside it is at least that.
- A target holds by the median; never where more than one call in a thousand failed.
`;

/** @param plots names of the pictures of each workload */
export function markdown(all: readonly Measured[], plots: ReadonlyMap<string, readonly string[]>): string {
  const sections = all.map((measured) => section(measured, plots.get(measured.workload.name) ?? []));
  return `${[INTRODUCTION, ...atAGlance(all), ...sections].join('\n')}`;
}

/** Every target of the report in one table. */
function atAGlance(all: readonly Measured[]): string[] {
  const rows = all.flatMap(({ workload }) =>
    workload.targets.map((target) => {
      const verdict = judge(workload, target);
      return `| [${workload.name}](#${workload.name}) | ${verdict.held ? '✓' : '✗'} | ${sentence(target)} | ${findingOf(verdict)} |`;
    }),
  );
  return rows.length > 0 ? ['| | | target | measured |', '|---|---|---|---|', ...rows, ''] : [];
}

function section({ run, workload }: Measured, plots: readonly string[]): string {
  const { name, subjects, notes, captions } = workload;
  return [
    `## ${name}\n`,
    `${provenance(run, workload)}\n`,
    ...notes.map((note) => `- ${note}`),
    '',
    ...table(subjects),
    '',
    ...otherFigures(subjects),
    ...plots.flatMap((plot) => [picture(plot), captionOf(plot, captions)]),
  ].join('\n');
}

function table(subjects: readonly SubjectResult[]): string[] {
  const floor = subjects.filter((subject) => subject.floor);
  const columns = COLUMNS.filter((figure) => subjects.some((subject) => figureOf(subject, figure)));
  if (columns.length === 0) return [];
  const heads = columns.map((figure) => wordingOf(figure).title);
  const against = floor.map(({ name }) => `throughput to ${name}`);
  const rows = subjects.map((subject) => {
    const cells = columns.map((figure) => spread(figureOf(subject, figure), figure));
    const ratios = floor.map((each) => (each === subject ? '1' : ratio(ratioOf(subject, each, 'perSecond'))));
    const failed = failureShare(subject);
    return `| ${[subject.name, ...cells, ...ratios, generator(subject), failed ? `${number(failed * 100, 2)} %` : '0'].join(' | ')} |`;
  });
  return [
    `| | ${[...heads, ...against, 'generator', 'failed'].join(' | ')} |`,
    `|---${'|---:'.repeat(heads.length + against.length + 2)}|`,
    ...rows,
  ];
}

/** What has no column: a row for each figure. */
function otherFigures(subjects: readonly SubjectResult[]): string[] {
  const rows = subjects.flatMap((subject) =>
    Object.keys(subject.samples[0]?.figures ?? {})
      .filter((figure) => !(COLUMNS as readonly string[]).includes(figure) && !ASIDE.includes(figure))
      .map(
        (figure) => `| ${subject.name} | ${wordingOf(figure).title} | ${spread(figureOf(subject, figure), figure)} |`,
      ),
  );
  return rows.length > 0 ? ['| | figure | measured |', '|---|---|---:|', ...rows, ''] : [];
}

const picture = (plot: string) => `![${plot.replace('.svg', '').replaceAll('-', ' ')}](${plot})\n`;

/** What pictures of a kind show, where the workload says nothing of its own. */
const KINDS: Captions = {
  'throughput.svg':
    'How many a second each takes at most. The grey bar is the floor: what is missing to it is what stands in front of the same work.',
  'latency.svg':
    'Each step to the right is another nine: the further right, the rarer the calls. A curve that bends upwards waits for something now and then, one that lies higher always takes longer.',
  'stages.svg': 'From left to right what a press waits for, by the middle one of all presses.',
  'cpu.svg': 'Who works for one call, all processes added: the longest part is the first to look at.',
};

const captionOf = (plot: string, captions: Captions = {}): string => {
  const kind = Object.keys(KINDS).find((each) => plot.endsWith(each)) ?? '';
  return `${captions[plot] ?? KINDS[kind] ?? ''}\n`;
};

function generator(subject: SubjectResult): string {
  const cores = figureOf(subject, 'generatorCores');
  if (!cores || cores.median === 0) return '–';
  return `${number(cores.median, 2)}${cores.median > GENERATOR_LIMIT ? ' (the limit)' : ''}`;
}

function provenance({ startedAt, commit, quick, machine }: Run, { subjects, turns }: WorkloadResult): string {
  const rounds = subjects[0]?.samples.length ?? 0;
  const { processors, memoryGb, kernel, node, loadAtEnd, callers, seconds } = machine;
  const how = `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${turns?.length ?? `${seconds} s`}${quick ? ' (quick)' : ''}, ${callers} callers`;
  return `Measured ${startedAt.slice(0, 16).replace('T', ' ')} UTC at \`${commit}\`: ${how}; ${processors}, ${memoryGb} GB, Linux ${kernel}, Node ${node}; load of the machine at the end ${loadAtEnd}.`;
}
