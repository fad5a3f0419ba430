import type { Latency, SubjectResult, Target, WorkloadResult } from './sample.ts';

/** A figure over the rounds of a run. */
export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: number;
}

/** The middle one, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export function summarise(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  return {
    median: median(values),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    rounds: values.length,
  };
}

/** A figure of a subject over its rounds; undefined when it has none. */
export const figureOf = (subject: SubjectResult | undefined, figure: string): Summary | undefined =>
  summarise(valuesOf(subject, figure).filter((value) => value !== undefined));

/** Of one subject to another's: of each round by itself, since what disturbs a round disturbs both. */
export function ratioOf(
  subject: SubjectResult | undefined,
  against: SubjectResult | undefined,
  figure: string,
): Summary | undefined {
  const below = valuesOf(against, figure);
  const ratios = valuesOf(subject, figure).flatMap((value, round) => {
    const floor = below[round];
    return value !== undefined && floor ? [value / floor] : [];
  });
  return summarise(ratios);
}

const valuesOf = (subject: SubjectResult | undefined, figure: string): (number | undefined)[] =>
  subject?.samples.map(({ figures }) => figures[figure]) ?? [];

/** The middle of the rounds at each percentile. */
export function medianCurve(latencies: readonly Latency[]): [percentile: number, ms: number][] {
  const [first] = latencies;
  return (first?.curve ?? []).map(([percentile], index) => [
    percentile,
    median(latencies.map(({ curve }) => curve[index]?.[1] ?? Number.NaN)),
  ]);
}

export interface Verdict {
  readonly target: Target;
  readonly measured: Summary | undefined;
  readonly held: boolean;
  /** Why it does not hold although the figure itself might. */
  readonly because?: string;
}

/** As many calls may fail before what the others took stops counting. */
const ERRORS_MAX = 0.001;

/** Held by the median. Never by what was not measured, and never where more than one call in a thousand failed. */
export function judge({ subjects }: WorkloadResult, target: Target): Verdict {
  const subject = subjects.find(({ name }) => name === target.subject);
  const against = subjects.find(({ name }) => name === target.against);
  const measured = target.against ? ratioOf(subject, against, target.figure) : figureOf(subject, target.figure);
  if (!measured) return { target, measured, held: false, because: 'not measured' };
  const failed = failureShare(subject);
  if (failed > ERRORS_MAX) return { target, measured, held: false, because: `${percent(failed)} of the calls failed` };
  const { atLeast = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = target;
  return { target, measured, held: measured.median >= atLeast && measured.median < below };
}

/** Of all calls of a subject, the part that did not end well. */
export function failureShare(subject: SubjectResult | undefined): number {
  const samples = subject?.samples ?? [];
  const calls = sum(samples.map(({ figures }) => figures.calls ?? 0));
  const failed = sum(samples.flatMap(({ errors }) => Object.values(errors ?? {})));
  return failed === 0 ? 0 : failed / (calls + failed);
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
