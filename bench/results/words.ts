import type { Target } from '../harness/sample.ts';
import type { Summary, Verdict } from '../harness/statistics.ts';

/** How a figure is called and written. */
interface Wording {
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
}

const wordings: Readonly<Record<string, Wording>> = {
  perSecond: { title: 'throughput', unit: '/s', digits: 0 },
  reachedPerSecond: { title: 'phones reached', unit: '/s', digits: 1 },
  changesPerSecond: { title: 'changes shown', unit: '/s', digits: 0 },
  sentPerSecond: { title: 'positions sent', unit: '/s', digits: 0 },
  p50Ms: { title: 'p50', unit: 'ms', digits: 1 },
  p99Ms: { title: 'p99', unit: 'ms', digits: 1 },
  maxMs: { title: 'longest', unit: 'ms', digits: 1 },
  cpuMicros: { title: 'CPU of a call', unit: 'µs', digits: 0 },
  generatorCores: { title: 'generator', unit: 'cores', digits: 2 },
  drainSeconds: { title: 'time to drain', unit: 's', digits: 2 },
  startSeconds: { title: 'start', unit: 's', digits: 1 },
  openSeconds: { title: 'time to open all', unit: 's', digits: 1 },
  streamKb: { title: 'memory of a stream', unit: 'kB', digits: 1 },
  memoryMb: { title: 'memory', unit: 'MB', digits: 0 },
  latencyPerSecond: { title: 'rate', unit: '/s', digits: 0 },
};

/** A part of a figure is called after it: `memoryMb of auth`. */
export function wordingOf(figure: string): Wording {
  const [whole = '', part] = figure.split(' of ');
  const { title, unit, digits } = wordings[whole] ?? { title: whole, unit: '', digits: 1 };
  return { title: part ? `${title} of ${part}` : title, unit, digits };
}

/** `1,234 /s` */
export function written(value: number, figure: string): string {
  const { unit, digits } = wordingOf(figure);
  return `${number(value, digits)} ${unit}`.trim();
}

/** `1,234 /s (1,200–1,300)`: the median, and from the lowest to the highest round where there are several. */
export function spread(summary: Summary | undefined, figure: string): string {
  if (!summary) return '–';
  const { digits } = wordingOf(figure);
  if (summary.rounds === 1) return written(summary.median, figure);
  return `${written(summary.median, figure)} (${number(summary.lowest, digits)}–${number(summary.highest, digits)})`;
}

/** `0.52 × (0.49–0.55)` */
export const ratio = (summary: Summary | undefined): string =>
  summary
    ? `${number(summary.median, 2)} × (${number(summary.lowest, 2)}–${number(summary.highest, 2)})`
    : 'not measured';

/** What was measured of a target, and why it does not hold although the figure itself might. */
export function findingOf({ target, measured, because }: Verdict): string {
  const figure = target.against ? ratio(measured) : spread(measured, target.figure);
  return because && measured ? `${figure}, but ${because}` : (because ?? figure);
}

/** `throughput of REST ≥ 0.5 × pgbench` */
export function sentence({ subject, figure, against, atLeast, below }: Target): string {
  const { title, unit } = wordingOf(figure);
  const limit = atLeast === undefined ? `< ${number(below ?? 0, 2)}` : `≥ ${number(atLeast, 2)}`;
  return `${title} of ${subject} ${limit} ${against ? `× ${against}` : unit}`.trim();
}

export function number(value: number, digits: number): string {
  const most =
    digits === 2 ? { maximumFractionDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return Number.isFinite(value) ? value.toLocaleString('en', most) : '–';
}
