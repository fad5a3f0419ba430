/** Progress as a person reads it: a line for each finished step, and on a terminal one live line for those under way. */

const columns = { name: 28, detail: 40 } as const;

/** Seconds with one decimal, or minutes and seconds. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function formatLine(mark: string, name: string, detail = '', duration = ''): string {
  return `${mark} ${name.padEnd(columns.name)} ${detail.padEnd(columns.detail)} ${duration}`.trimEnd();
}

export class Steps {
  readonly #running = new Map<string, number>();
  readonly #live = process.stdout.isTTY === true;
  #timer: NodeJS.Timeout | undefined;

  /** Runs one step and prints its line, with the detail made of its result: the result itself where it is a text. */
  async run<Result>(
    name: string,
    action: () => Promise<Result>,
    describe: (result: Result) => string = (result) => (typeof result === 'string' ? result : ''),
  ): Promise<Result> {
    const started = performance.now();
    this.#running.set(name, started);
    this.#watch();
    try {
      const result = await action();
      this.#finish(this.#paint('✓', 32), name, describe(result), started);
      return result;
    } catch (error) {
      this.#finish(this.#paint('✗', 31), name, '', started);
      throw error;
    }
  }

  /** A line of its own, above the live one. */
  print(line: string): void {
    if (this.#live) process.stdout.write('\r\x1b[2K');
    process.stdout.write(`${line}\n`);
  }

  #finish(mark: string, name: string, detail: string, started: number): void {
    this.#running.delete(name);
    if (this.#running.size === 0) clearInterval(this.#timer);
    this.print(formatLine(mark, name, detail, formatDuration(performance.now() - started)));
  }

  #watch(): void {
    if (this.#running.size !== 1) return;
    // Without a terminal nothing can be redrawn, so only a step that takes long is announced, once.
    this.#timer = this.#live
      ? setInterval(() => this.#redraw(), 100).unref()
      : setTimeout(() => this.print(`… ${[...this.#running.keys()].join(', ')}`), 5000).unref();
  }

  #redraw(): void {
    const oldest = Math.min(...this.#running.values());
    const names = [...this.#running.keys()].join(', ');
    process.stdout.write(`\r\x1b[2K… ${names}   ${formatDuration(performance.now() - oldest)}`);
  }

  #paint(text: string, color: number): string {
    return this.#live ? `\x1b[${color}m${text}\x1b[0m` : text;
  }
}
