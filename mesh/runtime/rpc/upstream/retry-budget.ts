export interface RetryBudgetSettings {
  /** Retries that a call pays for: 0.1 lets a tenth of the calls be sent again. */
  readonly ratio: number;
  /** Retries allowed beside these, for an upstream that is seldom called. */
  readonly perSecond: number;
  /** As many as may be saved up. */
  readonly most: number;
}

export const RETRY_BUDGET: RetryBudgetSettings = { ratio: 0.1, perSecond: 5, most: 50 };

/**
 * How many calls to an upstream may be sent again: a token bucket that calls and time fill. An upstream that is sick is so asked a tenth more,
 * not twice as much.
 */
export class RetryBudget {
  readonly #settings: RetryBudgetSettings;
  readonly #now: () => number;
  #tokens: number;
  #filledMs: number;

  /** `now` in milliseconds, never going back. */
  constructor(settings: RetryBudgetSettings = RETRY_BUDGET, now: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#now = now;
    this.#tokens = settings.most;
    this.#filledMs = now();
  }

  /** A call is made. */
  earn(): void {
    this.#tokens = Math.min(this.#settings.most, this.#tokens + this.#settings.ratio);
  }

  /** Whether a call may be sent again. */
  spend(): boolean {
    const nowMs = this.#now();
    const { perSecond, most } = this.#settings;
    this.#tokens = Math.min(most, this.#tokens + ((nowMs - this.#filledMs) / 1_000) * perSecond);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
