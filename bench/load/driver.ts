/** The process that presses and follows, so that it shares no event loop with what is measured or with who measures. */
import { answerParent } from '../answer-parent.ts';
import { Latencies } from '../harness/latencies.ts';
import type { Latency } from '../harness/sample.ts';
import { type Followed, type Mission, pressAndFollow } from './follow.ts';

/** What it is asked: to press and follow, and then, when nothing is under way any more, what became of it. */
export type Question = { readonly mission: Mission } | { readonly audit: true };

export interface Pressed {
  /** CPU time of this process, and how long it took until the last emergency was completed. */
  readonly cpuSeconds: number;
  readonly seconds: number;
}

export interface Outcome {
  /** Presses that were acknowledged. */
  readonly calls: number;
  /** Presses whose first push came, a second, from the first intended moment to the last push. */
  readonly reachedPerSecond: number;
  /** From the intended moment of a press, by what happened. */
  readonly since: Readonly<Record<'acknowledged' | 'offered' | 'push' | 'WhatsApp', Latency>>;
  readonly errors: Readonly<Record<string, number>>;
}

let followed: Followed | undefined;
let reachedWithinMs = 0;

answerParent((question: Question) => ('audit' in question ? audit() : follow(question.mission)));

async function follow(mission: Mission): Promise<Pressed> {
  const startMs = performance.now();
  const before = process.cpuUsage();
  followed = await pressAndFollow(mission);
  ({ reachedWithinMs } = mission);
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - startMs) / 1_000 };
}

async function audit(): Promise<Outcome> {
  if (!followed) throw new Error('nothing was pressed');
  const { presses } = followed;
  const { acknowledgedMs, offeredMs, pushMs, whatsappMs, pushAtMs, violations } = await followed.audit();
  const firstMs = Math.min(...presses.map(({ dueMs }) => dueMs));
  const lastMs = Math.max(...presses.map(({ dueMs }) => dueMs), ...pushAtMs);
  // Who was waited for in vain counts with the time waited: without them a press that nobody heard would look fast.
  const inVain = Array<number>(presses.length - pushMs.length).fill(reachedWithinMs);
  return {
    calls: acknowledgedMs.length,
    reachedPerSecond: (pushAtMs.length * 1_000) / (lastMs - firstMs),
    since: {
      acknowledged: summaryOf(acknowledgedMs),
      offered: summaryOf(offeredMs),
      push: summaryOf([...pushMs, ...inVain]),
      WhatsApp: summaryOf(whatsappMs),
    },
    errors: Object.fromEntries([...Map.groupBy(violations, kindOf)].map(([kind, all]) => [kind, all.length])),
  };
}

function summaryOf(times: readonly number[]): Latency {
  const latencies = new Latencies();
  for (const ms of times) latencies.record(ms);
  return latencies.summary();
}

/** A violation without the emergency that it is about. */
const kindOf = (violation: string): string => violation.replace(/^[0-9a-f-]{36}: /, '');
