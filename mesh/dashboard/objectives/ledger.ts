import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Counted } from './objectives.ts';

const MINUTE_MS = 60_000;
const HOUR = 60;
/** Minutes that error budgets are counted over: thirty days. */
const MINUTES = 30 * 24 * HOUR;
/** Minutes that are kept apart; older ones are kept by the hour. More than the longest window but the budget's has, which is 72 hours. */
const FINE_MINUTES = 73 * HOUR;

interface Saved {
  readonly [objective: string]: readonly (readonly [minute: number, total: number, good: number])[];
}

/**
 * What objectives counted for thirty days, longer than telemetry is held: three days minute by minute, before that by the hour under the
 * hour's first minute, so that it is read and saved fast. Kept in a file where one is named, so that a budget outlives a restart.
 */
export class Ledger {
  readonly #minutes = new Map<string, Map<number, Counted>>();
  readonly #file: string | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
    if (!file) return;
    for (const [objective, rows] of Object.entries(load(file))) {
      this.#minutes.set(objective, new Map(rows.map(([minute, total, good]) => [minute, { total, good }])));
    }
  }

  /** Sets what a minute counted; a minute that goes on is set again. */
  set(objective: string, minute: number, counted: Counted): void {
    const minutes = this.#minutes.get(objective) ?? new Map<number, Counted>();
    this.#minutes.set(objective, minutes);
    if (minute % HOUR === 0 && !minutes.has(minute)) thin(minutes, minute);
    if (counted.total > 0) minutes.set(minute, counted);
  }

  /** What was counted within a time that ends now. */
  within(objective: string, nowMs: number, windowMs: number): Counted {
    let [total, good] = [0, 0];
    this.#each(objective, nowMs, windowMs, (_, counted) => {
      total += counted.total;
      good += counted.good;
    });
    return { total, good };
  }

  /** Each minute of a time that ends now and in which something was counted, the oldest first. */
  history(objective: string, nowMs: number, windowMs: number): [minute: number, counted: Counted][] {
    const found: [number, Counted][] = [];
    this.#each(objective, nowMs, windowMs, (minute, counted) => found.push([minute, counted]));
    return found.sort(([a], [b]) => a - b);
  }

  #each(objective: string, nowMs: number, windowMs: number, visit: (minute: number, counted: Counted) => void): void {
    const minutes = this.#minutes.get(objective) ?? new Map<number, Counted>();
    const [first, last] = [minuteOf(nowMs - windowMs) + 1, minuteOf(nowMs)];
    if (last - first >= minutes.size) {
      for (const [minute, counted] of minutes) if (minute >= first) visit(minute, counted);
      return;
    }
    for (let minute = first; minute <= last; minute += 1) {
      const counted = minutes.get(minute);
      if (counted) visit(minute, counted);
    }
  }

  /** Replaces the file in one step. */
  save(): void {
    if (!this.#file) return;
    const saved: Saved = Object.fromEntries(
      [...this.#minutes].map(([objective, minutes]) => [
        objective,
        [...minutes].map(([minute, { total, good }]) => [minute, total, good] as const),
      ]),
    );
    writeFileSync(`${this.#file}.new`, JSON.stringify(saved));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

export const minuteOf = (ms: number): number => Math.floor(ms / MINUTE_MS);

/** The span of time that a minute is. */
export const spanOfMinute = (minute: number) => ({ startMs: minute * MINUTE_MS, endMs: (minute + 1) * MINUTE_MS });

/** Puts minutes that are no longer looked at one by one to their hours, and lets go what is older than any window. */
function thin(minutes: Map<number, Counted>, present: number): void {
  for (const [minute, { total, good }] of minutes) {
    const hour = minute - (minute % HOUR);
    if (minute > present - FINE_MINUTES || (minute === hour && minute > present - MINUTES)) continue;
    minutes.delete(minute);
    if (minute <= present - MINUTES) continue;
    const sum = minutes.get(hour) ?? { total: 0, good: 0 };
    minutes.set(hour, { total: sum.total + total, good: sum.good + good });
  }
}

function load(file: string): Saved {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
