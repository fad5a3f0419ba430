import type { Run, WorkloadResult } from '../harness/sample.ts';
import { figureOf, ratioOf } from '../harness/statistics.ts';
import { number } from './words.ts';

/** A subject's figure to that of a run before. */
export interface Change {
  readonly workload: string;
  readonly subject: string;
  /** Such as `throughput to pgbench`: ratios within a run, since the machine itself may be faster or slower than it was. */
  readonly what: string;
  readonly before: number;
  readonly now: number;
  /** Whether the rounds of the two runs lie apart. */
  readonly apart: boolean;
}

/** What changed since: ratios to the floors, which the state of the machine does not move, and CPU time of a call. */
export function changes(before: Run, now: Run): Change[] {
  return now.workloads.flatMap((workload) => {
    const earlier = before.workloads.find(({ name }) => name === workload.name);
    return earlier ? changesOf(earlier, workload) : [];
  });
}

function changesOf(before: WorkloadResult, now: WorkloadResult): Change[] {
  const find = ({ subjects }: WorkloadResult, name: string | undefined) => subjects.find((each) => each.name === name);
  return now.subjects
    .filter(({ floor }) => !floor)
    .flatMap(({ name }) => {
      const against = now.targets.find((target) => target.subject === name && target.against)?.against;
      const compared = [
        {
          what: `throughput to ${against}`,
          of: (result: WorkloadResult) => ratioOf(find(result, name), find(result, against), 'perSecond'),
        },
        { what: 'CPU of a call, µs', of: (result: WorkloadResult) => figureOf(find(result, name), 'cpuMicros') },
      ];
      return compared.flatMap(({ what, of }) => {
        const [was, is] = [of(before), of(now)];
        if (!was || !is) return [];
        const apart = is.lowest > was.highest || is.highest < was.lowest;
        return [{ workload: now.name, subject: name, what, before: was.median, now: is.median, apart }];
      });
    });
}

export function compare(before: Run, now: Run): void {
  console.log(`\nsince ${before.startedAt} (${before.commit}${before.quick ? ', quick' : ''})`);
  for (const { workload, subject, what, before: was, now: is, apart } of changes(before, now)) {
    const change = `${number(was, 2)} → ${number(is, 2)}, ${number(is / was, 2)} ×`;
    console.log(
      `  ${`${workload} ${subject}`.padEnd(28)} ${what.padEnd(26)} ${change}${apart ? '' : '  within the spread'}`,
    );
  }
}
