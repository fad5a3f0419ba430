import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Steps } from '../local/steps.ts';
import { audit, type Verdict } from './audit/audit.ts';
import type { Evidence } from './audit/evidence.ts';
import { gather } from './audit/gather.ts';
import { findUnhealthy } from './audit/read/machine.ts';
import { settle } from './audit/settle.ts';
import { type ChaosEnvironment, startEnvironment } from './environment/environment.ts';
import { Conditions } from './faults/conditions.ts';
import { clock, describe, type ScheduledFault } from './faults/fault.ts';
import { inject } from './faults/inject.ts';
import { Journal } from './load/journal.ts';
import { Load, PER_PRESS } from './load/load.ts';

export interface RunOptions {
  readonly seed: number;
  readonly schedule: readonly ScheduledFault[];
  /** Presses a second. */
  readonly rate: number;
  /** How long the load goes on after the last fault. */
  readonly calmMs: number;
  readonly folder: string;
  readonly firstPort?: number | undefined;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

export interface Rehearsed {
  readonly evidence: Evidence;
  readonly verdicts: readonly Verdict[];
  readonly environment: ChaosEnvironment;
  /** Reads and judges once more. */
  again(): Promise<readonly Verdict[]>;
}

/** Long enough for the last emergency to be handed over and closed. */
const FINISH_WITHIN_MS = 150_000;
const SETTLE_WITHIN_MS = 90_000;
const HEALTHY_WITHIN_MS = 60_000;

/** A mesh of its own, people on it, faults, and the audit; `use` gets the outcome while everything is still up. */
export async function rehearse<T>(options: RunOptions, use: (rehearsed: Rehearsed) => Promise<T>): Promise<T> {
  const { folder, seed, rate, steps, signal } = options;
  const environment = await startEnvironment({ ...options, volunteers: Math.ceil(rate * PER_PRESS.volunteers) });
  const journal = new Journal(join(folder, 'journal.jsonl'));
  try {
    signal.throwIfAborted();
    const load = await steps.run('people signed in', () => Load.prepare({ environment, journal, seed, rate }));
    try {
      return await go(options, environment, load, use);
    } finally {
      await load.stop();
    }
  } finally {
    await environment.stop();
    journal.close();
  }
}

async function go<T>(
  options: RunOptions,
  environment: ChaosEnvironment,
  load: Load,
  use: (rehearsed: Rehearsed) => Promise<T>,
): Promise<T> {
  const { schedule, calmMs, steps, signal } = options;
  const loadBeganMs = Date.now();
  const tell = (line: string) => steps.print(`${clock(Date.now() - loadBeganMs)}  ${line}`);
  load.start();
  const endings = await injectAll(schedule, environment, loadBeganMs, tell, signal);
  const lastFaultMs = Date.now();
  tell('the last fault is over');
  await untilHealthy(environment, tell, signal);
  const calmSinceMs = Date.now();
  tell('every part answers; people go on');
  await sleep(calmMs, undefined, { signal });
  if (!(await load.finish(FINISH_WITHIN_MS))) tell('! not everything that people began has ended');
  const left = await settle(environment, SETTLE_WITHIN_MS, signal);
  tell(left ? `! still under way: ${left}` : 'everything is settled');

  const times = { loadBeganMs, lastFaultMs, calmMs: calmSinceMs };
  const evidence = await gather(environment, load, times, endings);
  const again = async () => audit(await gather(environment, load, times, endings));
  return use({ evidence, verdicts: audit(evidence), environment, again });
}

/** Waits until every part has answered since the last fault, saying for whom. */
async function untilHealthy(
  environment: ChaosEnvironment,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = Date.now() + HEALTHY_WITHIN_MS;
  let away = [...environment.parts.keys()];
  for (let said = ''; Date.now() < untilMs; said = away.join(', ')) {
    const silent = new Set(await findUnhealthy(environment));
    away = away.filter((name) => silent.has(name));
    if (away.length === 0) return;
    if (away.join(', ') !== said) tell(`waiting for ${away.join(', ')}`);
    await sleep(200, undefined, { signal });
  }
}

/** Every fault at its time; resolves when all are over, with which processes they ended and when. */
async function injectAll(
  schedule: readonly ScheduledFault[],
  environment: ChaosEnvironment,
  loadBeganMs: number,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<{ name: string; atMs: number }[]> {
  const endings: { name: string; atMs: number }[] = [];
  const ending = (name: string) => void endings.push({ name, atMs: Date.now() });
  const conditions = new Conditions(environment.network);
  await Promise.all(
    schedule.map(async ({ atMs, fault }) => {
      await sleep(Math.max(0, loadBeganMs + atMs - Date.now()), undefined, { signal });
      tell(describe(fault));
      await inject(fault, { environment, conditions, ending, signal }).catch((error: Error) => {
        if (!signal.aborted) tell(`! ${describe(fault)} did not succeed: ${error.message}`);
      });
    }),
  );
  signal.throwIfAborted();
  return endings;
}
