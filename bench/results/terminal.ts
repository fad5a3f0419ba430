import type { Run, Sample } from '../harness/sample.ts';
import { judge } from '../harness/statistics.ts';
import { findingOf, sentence, written } from './words.ts';

const SHOWN = ['perSecond', 'p50Ms', 'p99Ms', 'cpuMicros', 'generatorCores'];

/** One line for each turn of a subject. */
export function progress(round: number, subject: string, { figures, cpuMicros = {}, errors = {} }: Sample): void {
  const known = Object.keys(figures).filter(
    (name) => SHOWN.includes(name) || !(figures.perSecond || name.includes(' of ')),
  );
  const said = known.map((name) => `${name} ${written(figures[name] ?? 0, name)}`);
  const failed = Object.entries(errors).map(([what, count]) => `${count} × ${what}`);
  const turn = round === 0 ? 'warm-up' : `round ${round}`;
  const busiest = Object.entries(cpuMicros).toSorted(([, one], [, other]) => other - one);
  const most =
    busiest.length > 1
      ? [
          busiest
            .slice(0, 4)
            .map(([name, each]) => `${name} ${each.toFixed(0)}`)
            .join(', '),
        ]
      : [];
  console.log(`  ${turn.padEnd(8)} ${subject.padEnd(20)} ${[...said, ...most, ...failed].join('   ')}`);
}

/** Every target, and whether it holds. */
export function verdicts({ workloads }: Run): void {
  for (const workload of workloads) {
    console.log(`\n${workload.name}`);
    for (const target of workload.targets) {
      const verdict = judge(workload, target);
      console.log(`  ${verdict.held ? '✓' : '✗'} ${sentence(target).padEnd(52)} ${findingOf(verdict)}`);
    }
  }
}
