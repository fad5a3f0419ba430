import type { WorkloadResult } from '../../harness/sample.ts';
import { figureOf, median, medianCurve } from '../../harness/statistics.ts';
import { type Bar, barsPlot } from './bars.ts';
import { curvesPlot } from './curves.ts';

/** Parts of less than this share are one. */
const SMALL = 0.02;

/** Pictures of a workload by the names of their files; those for which there are figures. */
export function plotsOf(workload: WorkloadResult): Map<string, string> {
  const { name, subjects, targets } = workload;
  const plots = new Map<string, string>();
  const rounds = subjects[0]?.samples.length ?? 0;
  const throughput = subjects.flatMap((subject): Bar[] => {
    const summary = figureOf(subject, 'perSecond');
    if (!summary) return [];
    const { median: value, lowest, highest } = summary;
    return [{ name: subject.name, floor: subject.floor, parts: [{ name: '', value }], range: [lowest, highest] }];
  });
  if (throughput.length > 0) {
    const subtitle = `a second, as many as go: median of ${rounds} rounds, lines from the lowest to the highest`;
    plots.set(`${name}-throughput.svg`, barsPlot(`${name}: throughput`, subtitle, throughput));
  }
  const curves = subjects.flatMap((subject) => {
    const points = medianCurve(subject.samples.flatMap(({ latency }) => (latency ? [latency] : [])));
    return points.length > 0 ? [{ name: subject.name, floor: subject.floor, points }] : [];
  });
  if (curves.length > 0) {
    const limit = targets.find(({ figure, below, against }) => figure === 'p99Ms' && below && !against)?.below;
    const subtitle = 'from the intended moment of a call to its answer, at half of its own throughput';
    plots.set(`${name}-latency.svg`, curvesPlot(`${name}: latency`, subtitle, curves, limit));
  }
  const cpu = subjects.flatMap((subject): Bar[] => {
    const parts = cpuParts(subject.samples.map(({ cpuMicros }) => cpuMicros ?? {}));
    return parts.length > 0 ? [{ name: subject.name, floor: subject.floor, parts }] : [];
  });
  if (cpu.length > 0)
    plots.set(`${name}-cpu.svg`, barsPlot(`${name}: CPU time of a call`, 'microseconds, by process', cpu));
  return plots;
}

/** The middle of the rounds of each process; small ones together. */
function cpuParts(rounds: readonly Readonly<Record<string, number>>[]): { name: string; value: number }[] {
  const names = [...new Set(rounds.flatMap((round) => Object.keys(round)))];
  const all = names.map((name) => ({ name, value: median(rounds.map((round) => round[name] ?? 0)) }));
  const total = all.reduce((sum, { value }) => sum + value, 0);
  const large = all.filter(({ value }) => value >= SMALL * total);
  const rest = total - large.reduce((sum, { value }) => sum + value, 0);
  return rest > 0 ? [...large, { name: 'others', value: rest }] : large;
}
