import type { Run, Sample, SubjectResult, WorkloadResult } from '../harness/sample.ts';

/** A subject that had these throughputs, round by round. */
export const subject = (name: string, perSecond: readonly number[], more: Partial<Sample> = {}): SubjectResult => ({
  name,
  floor: name === 'floor',
  samples: perSecond.map((value) => ({ ...more, figures: { calls: 1_000, perSecond: value, ...more.figures } })),
});

export const workload = (subjects: readonly SubjectResult[], more: Partial<WorkloadResult> = {}): WorkloadResult => ({
  name: 'panic',
  notes: ['What was done.'],
  subjects,
  targets: [{ subject: 'mesh', figure: 'perSecond', against: 'floor', atLeast: 0.5 }],
  ...more,
});

export const runOf = (workloads: readonly WorkloadResult[], more: Partial<Run> = {}): Run => ({
  startedAt: '2026-11-21T18:00:00.000Z',
  commit: 'abc1234',
  quick: false,
  rounds: 3,
  machine: {},
  workloads,
  ...more,
});
