import { parseArgs } from 'node:util';

export interface Options {
  /** Fewer and shorter rounds: for before and after a change. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Of each measurement of throughput, and of each of latency. */
  readonly seconds: number;
  /** Callers that call again as soon as they are answered. */
  readonly callers: number;
  /** Volunteers that match searches among. */
  readonly volunteers: number;
  /** Names of workloads; all when none is given, but for the slow ones in a quick run. */
  readonly workloads: readonly string[];
}

const FULL = { rounds: 5, seconds: 5, volunteers: 1_000_000 };
const QUICK = { rounds: 2, seconds: 0.8, volunteers: 20_000 };
/** Too long for a quick run, unless asked for by name. */
const SLOW = ['peers', 'start', 'growth', 'positions'];

/** @throws Error that names the option or workload that is not known, or the number that is none */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      callers: { type: 'string', default: '32' },
      volunteers: { type: 'string' },
    },
  });
  for (const name of positionals) {
    if (!known.includes(name)) throw new Error(`no workload ${name}: there are ${known.join(', ')}`);
  }
  const preset = values.quick ? QUICK : FULL;
  const number = (name: 'rounds' | 'seconds' | 'callers' | 'volunteers', fallback: number, whole = true): number => {
    const value = Number(values[name] ?? fallback);
    if (!(value > 0) || (whole && !Number.isInteger(value))) throw new Error(`--${name} ${values[name]} is no number`);
    return value;
  };
  return {
    quick: values.quick,
    rounds: number('rounds', preset.rounds),
    seconds: number('seconds', preset.seconds, false),
    callers: number('callers', 32),
    volunteers: number('volunteers', preset.volunteers),
    workloads: known.filter((name) =>
      positionals.length === 0 ? !(values.quick && SLOW.includes(name)) : positionals.includes(name),
    ),
  };
}
