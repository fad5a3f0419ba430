interface Waiting {
  readonly enter: () => void;
  readonly leave: (reason: unknown) => void;
}

export interface BulkheadLimits {
  /** Works that run at the same time. */
  readonly running: number;
  /** Works that wait for their turn. */
  readonly waiting: number;
}

/** Lets a bounded number of works run, a bounded number wait in order, and refuses the rest at once. */
export class Bulkhead {
  readonly limits: BulkheadLimits;
  readonly #refusal: () => Error;
  readonly #queue: Waiting[] = [];
  #running = 0;

  /** `refusal` makes the error that is thrown when nobody more may wait. */
  constructor(limits: BulkheadLimits, refusal: () => Error) {
    this.limits = limits;
    this.#refusal = refusal;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves when the caller's turn has come, which then ends with `leave()`; rejects with the signal's reason when that aborts before. */
  async enter(signal: AbortSignal): Promise<void> {
    if (this.#running < this.limits.running) {
      this.#running += 1;
      return;
    }
    signal.throwIfAborted();
    if (this.#queue.length >= this.limits.waiting) throw this.#refusal();
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          signal.removeEventListener('abort', forsake);
          resolve();
        },
        leave: reject,
      };
      const forsake = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        waiting.leave(signal.reason);
      };
      this.#queue.push(waiting);
      signal.addEventListener('abort', forsake, { once: true });
    });
  }

  leave(): void {
    const next = this.#queue.shift();
    // The place goes to whoever waited longest.
    if (next) next.enter();
    else this.#running -= 1;
  }
}
