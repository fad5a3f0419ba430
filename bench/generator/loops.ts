import { setTimeout as sleep } from 'node:timers/promises';
import { Latencies } from '../harness/latencies.ts';
import type { Outcome } from './order.ts';
import type { Send } from './senders.ts';

/** More calls than this under way say that the other side does not keep up; what is due beyond is an error, and not sent. */
const UNDER_WAY_MAX = 5_000;
const NOT_SENT = 'not sent: too many under way';

/** Calls by callers who each call again when they are answered. */
export async function closedLoop(send: Send, seconds: number, callers: number): Promise<Outcome> {
  const tally = new Tally();
  const endMs = performance.now() + seconds * 1_000;
  const caller = async () => {
    while (performance.now() < endMs) await tally.count(send);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return tally.outcome();
}

/**
 * Calls at a steady rate, each at its own moment. The clock of a call starts at that moment, also when the generator or the other side was too
 * busy to begin it then, so that a pause is felt by all the calls that it kept waiting.
 */
export async function openLoop(send: Send, seconds: number, perSecond: number): Promise<Outcome> {
  const tally = new Tally();
  const latencies = new Latencies();
  const startMs = performance.now();
  const total = Math.round(seconds * perSecond);
  const underWay = new Set<Promise<void>>();
  for (let index = 0; index < total; ) {
    const dueMs = startMs + (index * 1_000) / perSecond;
    const earlyMs = dueMs - performance.now();
    if (earlyMs > 0) {
      await sleep(earlyMs);
      continue;
    }
    index += 1;
    if (underWay.size >= UNDER_WAY_MAX) {
      tally.fail(NOT_SENT);
      continue;
    }
    const call = tally
      .count(send)
      .then((well) => {
        if (well) latencies.record(performance.now() - dueMs);
      })
      .finally(() => underWay.delete(call));
    underWay.add(call);
  }
  await Promise.all(underWay);
  return { ...tally.outcome(), latency: latencies.summary() };
}

class Tally {
  readonly #startMs = performance.now();
  readonly #cpu = process.cpuUsage();
  readonly #errors: Record<string, number> = {};
  #calls = 0;

  /** @returns whether it ended well */
  async count(send: Send): Promise<boolean> {
    try {
      await send();
      this.#calls += 1;
      return true;
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  fail(what: string): void {
    this.#errors[what] = (this.#errors[what] ?? 0) + 1;
  }

  outcome(): Outcome {
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      calls: this.#calls,
      errors: this.#errors,
      seconds: (performance.now() - this.#startMs) / 1_000,
      cpuSeconds: (user + system) / 1e6,
    };
  }
}
