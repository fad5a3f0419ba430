import type { Sample, SubjectResult, WorkloadResult } from '../../harness/sample.ts';
import { figureOf, median, medianCurve } from '../../harness/statistics.ts';
import { type Bar, barsPlot, OTHERS, PROCESSES } from './bars.ts';
import { curvesPlot } from './curves.ts';
import { growthPlots } from './growth.ts';

/** Parts of less than this share are one. */
const SMALL = 0.02;

/** Pictures of a workload by the names of their files; those for which there are figures. */
export function plotsOf(workload: WorkloadResult): Map<string, string> {
  const { name, subjects, targets, turns } = workload;
  const plots = growthPlots(workload);
  if (plots.size > 0) return plots;
  const rounds = subjects[0]?.samples.length ?? 0;
  const throughput = subjects.flatMap((subject): Bar[] => {
    const summary = figureOf(subject, 'perSecond');
    if (!summary) return [];
    const { median: value, lowest, highest } = summary;
    return [{ name: subject.name, floor: subject.floor, parts: [{ name: '', value }], range: [lowest, highest] }];
  });
  if (throughput.length > 0) {
    const subtitle = `a second, as many as go: ${rounds === 1 ? 'one round' : `median of ${rounds} rounds`}, lines from the lowest to the highest`;
    plots.set(`${name}-throughput.svg`, barsPlot(`${name}: throughput`, subtitle, throughput));
  }
  const curves = subjects.flatMap((subject) => {
    const points = medianCurve(subject.samples.flatMap(({ latency }) => (latency ? [latency] : [])));
    return points.length > 0 ? [{ name: subject.name, floor: subject.floor, points }] : [];
  });
  if (curves.length > 0) {
    const limit = targets.find(({ figure, below, against }) => figure === 'p99Ms' && below && !against)?.below;
    const subtitle =
      turns?.latency ?? 'from the intended moment of a call to its answer, at half of its own throughput';
    plots.set(`${name}-latency.svg`, curvesPlot(`${name}: latency`, subtitle, curves, limit));
  }
  const stages = partBars(subjects, ({ stagesMs }) => stagesMs, 0);
  if (stages.length > 0) {
    const subtitle = 'milliseconds, half of the times: what happens one after the other';
    plots.set(`${name}-stages.svg`, barsPlot(`${name}: where the time goes`, subtitle, stages));
  }
  const cpu = partBars(subjects, ({ cpuMicros }) => cpuMicros, SMALL);
  if (cpu.length > 0)
    plots.set(`${name}-cpu.svg`, barsPlot(`${name}: CPU time of a call`, 'microseconds, by process', cpu));
  return plots;
}

type Parts = Readonly<Record<string, number>>;

/** A bar for each subject that has parts, of these the middle of the rounds. */
function partBars(
  subjects: readonly SubjectResult[],
  partsOf: (sample: Sample) => Parts | undefined,
  small: number,
): Bar[] {
  return subjects.flatMap(({ name, floor, samples }): Bar[] => {
    const parts = middleParts(
      samples.map((sample) => partsOf(sample) ?? {}),
      small,
    );
    return parts.length > 0 ? [{ name, floor, parts }] : [];
  });
}

/** Processes in their order; what happens one after the other as it comes. */
const inOrder = (one: string, other: string) => placeOf(one) - placeOf(other);
const placeOf = (name: string) => (PROCESSES.includes(name) ? PROCESSES.indexOf(name) : PROCESSES.length);

/** Those whose share is less than `small` together. */
function middleParts(rounds: readonly Parts[], small: number): { name: string; value: number }[] {
  const names = [...new Set(rounds.flatMap((round) => Object.keys(round)))];
  const all = names.toSorted(inOrder).map((name) => ({ name, value: median(rounds.map((round) => round[name] ?? 0)) }));
  const total = all.reduce((sum, { value }) => sum + value, 0);
  const large = all.filter(({ value }) => value >= small * total);
  const rest = total - large.reduce((sum, { value }) => sum + value, 0);
  return rest > 0 ? [...large, { name: OTHERS, value: rest }] : large;
}
