import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsOf, withCpu } from '../cpu.ts';
import type { Outcome } from '../generator/order.ts';
import { figuresOf } from '../harness/latencies.ts';
import type { Options } from '../harness/options.ts';
import type { Sample, Subject } from '../harness/sample.ts';

/** How a subject is loaded, and whose CPU time counts. */
export interface Loading {
  readonly name: string;
  readonly floor?: true;
  closed(seconds: number): Promise<Outcome>;
  open(seconds: number, perSecond: number): Promise<Outcome>;
  /** Ids by name of the processes that answer. */
  processes(): ReadonlyMap<string, number>;
  /** After each load: puts back what it changed, and checks that it was done. */
  after?(outcome: Outcome): Promise<void>;
}

/** At this part of what it takes at most, latency is measured. */
const PART = 0.5;

/** The rate at which latency is measured: half of what the warm-up showed, of the slowest of those who share it. */
export class Pace {
  #slowest = Number.POSITIVE_INFINITY;

  warm(perSecond: number): void {
    this.#slowest = Math.min(this.#slowest, perSecond);
  }

  get perSecond(): number {
    return Math.max(1, Math.round(PART * this.#slowest));
  }
}

const RESTING_CORES = 0.25;
const REST_INTERVAL_MS = 400;
const REST_MAX_MS = 20_000;

/**
 * Measures what a subject takes at most, and then how long calls take at half of what the warm-up showed: at the same rate in every round, so
 * that rounds can be compared. Subjects that share a pace are all measured at the same rate.
 */
export function loaded(loading: Loading, { seconds }: Options, pace = new Pace()): Subject {
  const load = async (work: () => Promise<Outcome>) => {
    const measured = await withCpu(() => loading.processes(), work);
    await loading.after?.(measured.outcome);
    await rest(loading.processes());
    return measured;
  };
  return {
    name: loading.name,
    ...(loading.floor && { floor: loading.floor }),
    async measure(turn) {
      const { outcome: most, cpu } = await load(() => loading.closed(seconds));
      // What is fastest is what is warm.
      if (turn === 0) {
        const again = await load(() => loading.closed(seconds));
        pace.warm(again.outcome.calls / again.outcome.seconds);
        return sampleOf(again.outcome, again.cpu);
      }
      const { perSecond } = pace;
      const { outcome: steady } = await load(() => loading.open(seconds, perSecond));
      const sample = sampleOf(most, cpu);
      return {
        ...sample,
        figures: {
          ...sample.figures,
          calls: most.calls + steady.calls,
          latencyPerSecond: perSecond,
          ...(steady.latency && figuresOf(steady.latency)),
        },
        ...(steady.latency && { latency: steady.latency }),
        errors: added(most.errors, steady.errors),
      };
    },
  };
}

/** Figures of a closed loop. */
export function sampleOf({ calls, seconds, cpuSeconds, errors }: Outcome, cpu: ReadonlyMap<string, number>): Sample {
  const micros = (used: number) => (calls === 0 ? 0 : (used * 1e6) / calls);
  const servers = [...cpu].filter(([, used]) => used > 0);
  return {
    figures: {
      calls,
      perSecond: calls / seconds,
      cpuMicros: micros(servers.reduce((sum, [, used]) => sum + used, 0)),
      // Near 1 the generator was the limit, and not what it called.
      generatorCores: cpuSeconds / seconds,
    },
    cpuMicros: Object.fromEntries(servers.map(([name, used]) => [name, micros(used)])),
    errors,
  };
}

function added(one: Outcome['errors'], other: Outcome['errors']): Record<string, number> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}

/** Waits until the processes do next to nothing, so that what one load left to do is not counted as the next one's. */
export async function rest(pids: ReadonlyMap<string, number>): Promise<void> {
  const used = () => [...cpuSecondsOf(pids).values()].reduce((sum, seconds) => sum + seconds, 0);
  const endMs = performance.now() + REST_MAX_MS;
  let [before, beforeMs] = [used(), performance.now()];
  while (performance.now() < endMs) {
    await sleep(REST_INTERVAL_MS);
    const [now, nowMs] = [used(), performance.now()];
    if ((now - before) / ((nowMs - beforeMs) / 1_000) < RESTING_CORES) return;
    [before, beforeMs] = [now, nowMs];
  }
  console.log(`  ! still busy after ${REST_MAX_MS / 1_000} s: what follows is disturbed by it`);
}
