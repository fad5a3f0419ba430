/** Entries of failed calls in a minute: of one actor, and of all together. */
const PER_ACTOR = 10;
const ALTOGETHER = 600;
const WINDOW_MS = 60_000;
/** Actors remembered; what others do beyond them in the same minute is not counted either. */
const ACTORS_MAX = 10_000;

interface Actor {
  /** Entries in this window. */
  entries: number;
  /** Failures since the actor's last entry that have none. */
  omitted: number;
}

/** Keeps somebody who tries a thousand times from filling the disk: beyond the limit failures are counted and not written. */
export class FailureLimit {
  #actors = new Map<string, Actor>();
  #entries = 0;
  #windowStartMs = performance.now();

  /**
   * Counts a failure, or with `failed` false a call that went well and is written whatever the count.
   * @returns how many were left out before, or undefined when this one is to be left out
   */
  take(actor: string, failed: boolean): number | undefined {
    this.#turn();
    const state = this.#actors.get(actor) ?? { entries: 0, omitted: 0 };
    if (failed) {
      if (this.#actors.size < ACTORS_MAX) this.#actors.set(actor, state);
      if (state.entries >= PER_ACTOR || this.#entries >= ALTOGETHER) {
        state.omitted += 1;
        return undefined;
      }
      state.entries += 1;
      this.#entries += 1;
    }
    const { omitted } = state;
    state.omitted = 0;
    return omitted;
  }

  /** What was left out in one window is told with the next entry, also in the window that follows. */
  #turn(): void {
    const now = performance.now();
    if (now - this.#windowStartMs < WINDOW_MS) return;
    this.#windowStartMs = now;
    this.#entries = 0;
    const owing = [...this.#actors].filter(([, { omitted }]) => omitted > 0);
    this.#actors = new Map(owing.slice(-ALTOGETHER).map(([actor, { omitted }]) => [actor, { entries: 0, omitted }]));
  }
}
