import { isOpen } from '../emergencies/status.ts';
import type { EmergencyState } from '../store/emergencies.ts';

/** Changes waiting for a slow reader; beyond, the oldest go, since each is the whole state. */
const PENDING_MAX = 64;

type Result = IteratorResult<EmergencyState | undefined, undefined>;

interface Asked {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

const DONE: Result = { done: true, value: undefined };

/** One who watches an emergency: what it has become since they were last told. An iterator by hand, since thousands of them wait for hours. */
export class Watcher implements AsyncIterableIterator<EmergencyState | undefined, undefined> {
  readonly id: string;
  readonly #ended: (watcher: Watcher) => void;
  readonly #pending: (EmergencyState | undefined)[] = [];
  #lastVersion = 0;
  #over = false;
  #failure: { readonly error: unknown } | undefined;
  #asked: Asked | undefined;

  /** @param ended called once, when nothing more will come */
  constructor(id: string, ended: (watcher: Watcher) => void) {
    this.id = id;
    this.#ended = ended;
  }

  get lastVersion(): number {
    return this.#lastVersion;
  }

  /** A state that is not older than the last one is shown; the one in which it is closed is the last. */
  show(state: EmergencyState): void {
    if (this.#over || state.version <= this.#lastVersion) return;
    this.#lastVersion = state.version;
    this.#give(state);
    if (!isOpen(state.status)) this.end();
  }

  /** There is no such emergency. */
  absent(): void {
    if (this.#over) return;
    this.#give(undefined);
    this.end();
  }

  /** What is shown already is still given out, and then the error if there is one. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    this.#ended(this);
    const asked = this.#asked;
    this.#asked = undefined;
    if (failure) asked?.reject(failure.error);
    else asked?.resolve(DONE);
  }

  /** Its call has ended. */
  handleEvent(): void {
    this.return();
  }

  next(): Promise<Result> {
    if (this.#pending.length > 0) return Promise.resolve({ done: false, value: this.#pending.shift() });
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#over) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
  }

  return(): Promise<Result> {
    this.#pending.length = 0;
    this.end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #give(value: EmergencyState | undefined): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked) asked.resolve({ done: false, value });
    else if (this.#pending.push(value) > PENDING_MAX) this.#pending.shift();
  }
}
