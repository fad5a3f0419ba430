import type { OpenWorkload, Sample, Subject, SubjectResult } from './sample.ts';

type Told = (round: number, subject: string, sample: Sample) => void;

/**
 * Lets the subjects take turns, so that what changes on the machine meanwhile meets all of them. The turn before the first round warms up; every
 * other round goes backwards, so that nobody always comes after the same. Where there are stages, one comes after the other.
 */
export async function takeTurns(
  { subjects }: Pick<OpenWorkload, 'subjects'>,
  rounds: number,
  told: Told,
): Promise<SubjectResult[]> {
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
  const stages = Map.groupBy(subjects, ({ stage = 0 }) => stage);
  for (const [, each] of [...stages].toSorted(([one], [other]) => one - other)) {
    await takeTurnsOf(each, rounds, (round, name, sample) => {
      if (round > 0) samples.get(name)?.push(sample);
      told(round, name, sample);
    });
  }
  return subjects.map(({ name, floor = false, point }) => ({
    name,
    floor,
    ...(point && { point }),
    samples: samples.get(name) ?? [],
  }));
}

async function takeTurnsOf(subjects: readonly Subject[], rounds: number, told: Told): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const subject of round % 2 === 0 ? subjects.toReversed() : subjects) {
      told(round, subject.name, await subject.measure(round));
    }
  }
}
