import { parseArgs } from 'node:util';
import { type FaultKind, faultKinds } from './faults/schedule.ts';

export interface Arguments {
  readonly seed: number;
  readonly minutes: number;
  /** Presses a second. */
  readonly rate: number;
  readonly faults: number;
  readonly kinds: readonly FaultKind[] | undefined;
  /** First of the ports it uses; free ones when not given. */
  readonly firstPort: number | undefined;
}

const FAULTS_A_MINUTE = 4;

export const usage = `npm run chaos -- [--seed N] [--minutes M] [--rate R] [--faults F] [--only KIND,…] [--port P]
  --seed     what faults and people are drawn from; the same seed gives the same schedule (default: drawn, and printed)
  --minutes  how long faults go on (default 3)
  --rate     presses a second (default 2)
  --faults   how many (default ${FAULTS_A_MINUTE} a minute)
  --only     only faults of these kinds: ${faultKinds.join(', ')}
  --port     first of its ports (default: anywhere)`;

/** @throws Error with the usage when something is not understood */
export function readArguments(words: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  let given: Partial<Record<'seed' | 'minutes' | 'rate' | 'faults' | 'only' | 'port', string>>;
  try {
    const options = { seed: text, minutes: text, rate: text, faults: text, only: text, port: text };
    given = parseArgs({ args: [...words], options, strict: true }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`);
  }
  const number = (name: keyof typeof given, preset: number, lowest: number): number => {
    const value = given[name] === undefined ? preset : Number(given[name]);
    if (!Number.isFinite(value) || value < lowest)
      throw new Error(`--${name} is not a number from ${lowest} on\n${usage}`);
    return value;
  };
  const minutes = number('minutes', 3, 0.2);
  return {
    seed: Math.trunc(number('seed', Math.floor(Math.random() * 1_000_000), 0)),
    minutes,
    rate: number('rate', 2, 0.1),
    faults: Math.trunc(number('faults', Math.round(minutes * FAULTS_A_MINUTE), 0)),
    kinds: given.only === undefined ? undefined : given.only.split(',').map(kindOf),
    firstPort: given.port === undefined ? undefined : number('port', 0, 1_024),
  };
}

function kindOf(word: string): FaultKind {
  const kind = faultKinds.find((each) => each === word);
  if (!kind) throw new Error(`there is no fault ${word}\n${usage}`);
  return kind;
}
