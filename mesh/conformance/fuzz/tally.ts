import type { Outcome } from '../wire/outcome.ts';
import { isAway } from './answer.ts';
import type { FuzzCall } from './calls.ts';

export interface Timed {
  readonly ms: number;
  readonly target: string;
  readonly protocol: string;
}

const SLOWEST = 8;

/** What came of the requests, counted. */
export class Tally {
  made = 0;
  /** Answered with UNAVAILABLE or DEADLINE_EXCEEDED. */
  away = 0;
  /** How often each protocol was answered with each code. */
  readonly answers = new Map<string, Map<string, number>>();
  readonly slowest: Timed[] = [];

  /** @param outcome undefined when there was none */
  add({ protocol, target }: FuzzCall, outcome: Outcome | undefined, ms: number): void {
    this.made += 1;
    if (outcome && isAway(outcome)) this.away += 1;
    const code = outcome?.code ?? 'no answer';
    const codes = this.answers.get(protocol) ?? new Map<string, number>();
    this.answers.set(protocol, codes.set(code, (codes.get(code) ?? 0) + 1));
    if (this.slowest.length === SLOWEST && ms < (this.slowest.at(-1)?.ms ?? 0)) return;
    this.slowest.push({ ms, target, protocol });
    this.slowest.sort((one, other) => other.ms - one.ms).splice(SLOWEST);
  }
}
