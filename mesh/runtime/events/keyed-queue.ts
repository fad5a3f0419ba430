/** Runs tasks side by side, those of one key one after the other. Whoever adds bounds how many it holds. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** A task must not reject. */
  add(key: string, task: () => Promise<void>): void {
    const before = this.#tails.get(key);
    const tail = (before ? before.then(task) : task()).then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
  }

  /** Resolves when everything taken has run. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}

/** Lets so many tasks run at the same time; the others wait, first come, first served. */
export class Slots {
  /** How many may run at the same time. */
  readonly count: number;
  #free: number;
  readonly #waiting: { readonly need: number; readonly go: () => void }[] = [];

  constructor(count: number) {
    this.count = count;
    this.#free = count;
  }

  /** @param options.alone whether no other task may run meanwhile. */
  async run<T>(task: () => Promise<T>, options: { alone?: boolean } = {}): Promise<T> {
    const need = options.alone ? this.count : 1;
    if (this.#waiting.length === 0 && this.#free >= need) this.#free -= need;
    else await new Promise<void>((go) => this.#waiting.push({ need, go }));
    try {
      return await task();
    } finally {
      this.#free += need;
      for (let [next] = this.#waiting; next && next.need <= this.#free; [next] = this.#waiting) {
        this.#waiting.shift();
        this.#free -= next.need;
        next.go();
      }
    }
  }
}
