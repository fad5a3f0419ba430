import { Code } from '@connectrpc/connect';
import { tryLater } from '@kreki/runtime/errors';

const SOON_MS = 2_000;

interface Waiting {
  readonly enter: () => void;
  readonly leave: (reason: unknown) => void;
}

/** Lets a bounded number of works run, a bounded number wait in order, and refuses the rest at once. */
export class Slots {
  readonly #limit: number;
  readonly #queueLimit: number;
  readonly #queue: Waiting[] = [];
  #taken = 0;

  constructor(limit: number, queueLimit: number) {
    this.#limit = limit;
    this.#queueLimit = queueLimit;
  }

  /**
   * Runs the work when its turn comes, or never when the signal aborts before.
   * @throws ConnectError RESOURCE_EXHAUSTED `TOO_BUSY` when the queue is full.
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#taken < this.#limit) this.#taken += 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next.enter();
      else this.#taken -= 1;
    }
  }

  #turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#queue.length >= this.#queueLimit) {
      throw tryLater(
        Code.ResourceExhausted,
        'TOO_BUSY',
        'Too many sign-ins are waiting. Try again in a moment.',
        SOON_MS,
      );
    }
    return new Promise((resolve, reject) => {
      const waiting = { enter: resolve, leave: reject };
      this.#queue.push(waiting);
      signal?.addEventListener('abort', () => this.#forsake(waiting, signal.reason), { once: true });
    });
  }

  #forsake(waiting: Waiting, reason: unknown): void {
    const place = this.#queue.indexOf(waiting);
    if (place < 0) return;
    this.#queue.splice(place, 1);
    waiting.leave(reason);
  }
}
