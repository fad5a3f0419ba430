/** Runs tasks side by side, those of one key one after the other, and takes no more than it may hold. */
export class KeyedQueue {
  readonly #limit: number;
  readonly #tails = new Map<string, Promise<void>>();
  #held = 0;
  #waiting: (() => void)[] = [];

  /** @param limit Tasks running or waiting for their key */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when the task is taken, not when it has run. A task must not reject. */
  async add(key: string, task: () => Promise<void>): Promise<void> {
    while (this.#held >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#held += 1;
    const tail = (this.#tails.get(key) ?? Promise.resolve()).then(task).finally(() => {
      this.#held -= 1;
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
      this.#waiting.shift()?.();
    });
    this.#tails.set(key, tail);
  }

  /** Resolves when everything taken has run. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
