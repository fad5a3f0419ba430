/** Ends what would not end by itself when a process stops. Thousands wait for it, whom an AbortSignal would each seek among all others. */
export class Shutdown {
  readonly #stops = new Set<(reason: Error) => void>();
  #reason: Error | undefined;

  /** Calls `stop` when it begins; at once when it has begun already. */
  add(stop: (reason: Error) => void): void {
    if (this.#reason) stop(this.#reason);
    else this.#stops.add(stop);
  }

  delete(stop: (reason: Error) => void): void {
    this.#stops.delete(stop);
  }

  begin(reason: Error): void {
    this.#reason ??= reason;
    for (const stop of this.#stops) stop(this.#reason);
    this.#stops.clear();
  }
}
