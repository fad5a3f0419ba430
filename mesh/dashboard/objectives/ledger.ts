import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Counted } from './objectives.ts';

const MINUTE_MS = 60_000;
/** Days that error budgets are counted over. */
const MINUTES = 30 * 24 * 60;

interface Saved {
  readonly [objective: string]: readonly (readonly [minute: number, total: number, good: number])[];
}

/**
 * What objectives counted, minute by minute, for thirty days: longer than telemetry is held. Kept in a file where one is named, so that a
 * budget outlives a restart.
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
    if (counted.total > 0) minutes.set(minute, counted);
    for (const oldest of minutes.keys()) {
      if (oldest > minute - MINUTES) return;
      minutes.delete(oldest);
    }
  }

  /** What was counted within a time that ends now. */
  within(objective: string, nowMs: number, windowMs: number): Counted {
    const first = minuteOf(nowMs - windowMs);
    let [total, good] = [0, 0];
    for (const [minute, counted] of this.#minutes.get(objective) ?? []) {
      if (minute <= first) continue;
      total += counted.total;
      good += counted.good;
    }
    return { total, good };
  }

  /** Each minute of a time that ends now and in which something was counted, the oldest first. */
  history(objective: string, nowMs: number, windowMs: number): [minute: number, counted: Counted][] {
    const first = minuteOf(nowMs - windowMs);
    return [...(this.#minutes.get(objective) ?? [])].filter(([minute]) => minute > first).sort(([a], [b]) => a - b);
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

function load(file: string): Saved {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
