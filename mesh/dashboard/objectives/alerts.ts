import type { Ledger } from './ledger.ts';
import type { Counted, Objective } from './objectives.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * When a budget is spent too fast: over a long window, so that it matters, and over a short one, so that it still goes on. Source: "The
 * Site Reliability Workbook", chapter 5, multiwindow, multi-burn-rate alerts.
 */
const RULES = [
  { name: 'fast', severity: 'page', longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, burn: 14.4 },
  { name: 'medium', severity: 'page', longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, burn: 6 },
  { name: 'slow', severity: 'ticket', longMs: 72 * HOUR_MS, shortMs: 6 * HOUR_MS, burn: 1 },
] as const;

/** Windows whose burn rates are shown. */
export const WINDOWS_MS = [5 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 72 * HOUR_MS] as const;

/** Fewer than this many within the short window say too little. */
const TOTAL_MIN = 10;
const KEPT_MAX = 50;

export interface Alert {
  readonly id: string;
  readonly objectiveId: string;
  readonly severity: 'page' | 'ticket';
  readonly message: string;
  readonly startMs: number;
  endMs: number | undefined;
  /** Whether the webhook took it; undefined when there is none, or it was not tried yet. */
  delivered: boolean | undefined;
}

/** How fast a budget is spent; 1 is exactly as planned. */
export function burnRate({ total, good }: Counted, target: number): number {
  return total === 0 ? 0 : (1 - good / total) / (1 - target);
}

/** Alerts that go on or have ended, the newest first. */
export class Alerts {
  readonly all: Alert[] = [];
  readonly #tell: (alert: Alert) => void;

  /** @param tell called when an alert begins and when it ends. */
  constructor(tell: (alert: Alert) => void) {
    this.#tell = tell;
  }

  check(objective: Objective, ledger: Ledger, nowMs: number): void {
    for (const { name, severity, longMs, shortMs, burn } of RULES) {
      const id = `${objective.id}:${name}`;
      const [long, short] = [longMs, shortMs].map((window) => ledger.within(objective.id, nowMs, window)) as [
        Counted,
        Counted,
      ];
      const present = this.all.find((alert) => alert.id === id && alert.endMs === undefined);
      const burning =
        short.total >= TOTAL_MIN &&
        Math.min(burnRate(long, objective.target), burnRate(short, objective.target)) > burn;
      if (burning && !present) {
        const rate = burnRate(short, objective.target).toFixed(1);
        const bad = short.total - Math.round(short.good);
        const message = `${objective.title}: the error budget is spent ${rate} times too fast (${bad} of ${short.total} failed in the last ${shortMs / MINUTE_MS} min)`;
        this.#begin({
          id,
          objectiveId: objective.id,
          severity,
          message,
          startMs: nowMs,
          endMs: undefined,
          delivered: undefined,
        });
      }
      if (!burning && present) {
        present.endMs = nowMs;
        this.#tell(present);
      }
    }
  }

  #begin(alert: Alert): void {
    this.all.unshift(alert);
    this.all.splice(KEPT_MAX);
    this.#tell(alert);
  }
}
