import type { OpenWorkload, Sample, SubjectResult } from './sample.ts';

/**
 * Lets the subjects take turns, so that what changes on the machine meanwhile meets all of them. The turn before the first round warms up; every
 * other round goes backwards, so that nobody always comes after the same.
 */
export async function takeTurns(
  { subjects }: Pick<OpenWorkload, 'subjects'>,
  rounds: number,
  told: (round: number, subject: string, sample: Sample) => void,
): Promise<SubjectResult[]> {
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const subject of round % 2 === 0 ? subjects.toReversed() : subjects) {
      const sample = await subject.measure(round);
      if (round > 0) samples.get(subject.name)?.push(sample);
      told(round, subject.name, sample);
    }
  }
  return subjects.map(({ name, floor = false }) => ({ name, floor, samples: samples.get(name) ?? [] }));
}
