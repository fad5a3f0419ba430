import { setTimeout as sleep } from 'node:timers/promises';
import { Code } from '@connectrpc/connect';
import { tryLater } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import type { EmergencyState } from '../store/emergencies.ts';

/** Changes waiting for a slow reader; beyond, the oldest go, since each is the whole state. */
const PENDING_MAX = 64;
/** Emergencies read in one statement. */
const BATCH_MAX = 100;
/** After how long a stream may be asked for again that was one too many. */
const SOON_MS = 1_000;
const RETRY_MS = 500;

interface Watcher {
  readonly pending: EmergencyState[];
  lastVersion: number;
  wake: () => void;
}

export interface WatchHubOptions {
  /** Reads emergencies as they are committed. */
  readonly load: (ids: readonly string[]) => Promise<readonly EmergencyState[]>;
  /** Reads which of them have another version than the one given, by id. */
  readonly changed: (versions: ReadonlyMap<string, number>) => Promise<readonly string[]>;
  readonly watchersMax: number;
  readonly log: Logger;
}

/** Brings changes of emergencies to those who watch them, each version once and never an older one after a newer. */
export class WatchHub {
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #toRead = new Set<string>();
  readonly #options: WatchHubOptions;
  #reading = false;
  #count = 0;

  constructor(options: WatchHubOptions) {
    this.#options = options;
  }

  /** A change committed by this replica. */
  publish(state: EmergencyState): void {
    for (const watcher of this.#watchers.get(state.id) ?? []) {
      if (state.version <= watcher.lastVersion) continue;
      watcher.lastVersion = state.version;
      watcher.pending.push(state);
      if (watcher.pending.length > PENDING_MAX) watcher.pending.shift();
      watcher.wake();
    }
  }

  /** An emergency may have changed elsewhere: it is read once for all who watch it here, together with others heard of meanwhile. */
  refresh(id: string): void {
    if (!this.#watchers.has(id)) return;
    this.#toRead.add(id);
    if (!this.#reading) void this.#read();
  }

  /** Looks whether anything that is watched here has changed unheard. */
  async refreshAll(): Promise<void> {
    const ids = [...this.#watchers.keys()];
    for (let at = 0; at < ids.length; at += BATCH_MAX) {
      const known = new Map(ids.slice(at, at + BATCH_MAX).map((id) => [id, this.#seen(id)]));
      for (const id of await this.#options.changed(known)) this.refresh(id);
    }
  }

  /**
   * The states of an emergency from now on, beginning with the present one.
   * @throws ConnectError RESOURCE_EXHAUSTED `TOO_MANY_WATCHERS`.
   */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<EmergencyState> {
    if (this.#count >= this.#options.watchersMax) {
      throw tryLater(Code.ResourceExhausted, 'TOO_MANY_WATCHERS', 'too many streams are open here; try again', SOON_MS);
    }
    const watcher: Watcher = { pending: [], lastVersion: 0, wake: () => undefined };
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(watcher));
    this.#count += 1;
    const onAbort = () => watcher.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (const present of await this.#options.load([id])) this.publish(present);
      while (!signal.aborted) {
        const next = watcher.pending.shift();
        if (next) yield next;
        else await new Promise<void>((resolve) => (watcher.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#count -= 1;
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id);
    }
  }

  /** The oldest version that somebody who watches has last. */
  #seen(id: string): number {
    return Math.min(...[...(this.#watchers.get(id) ?? [])].map(({ lastVersion }) => lastVersion));
  }

  async #read(): Promise<void> {
    this.#reading = true;
    while (this.#toRead.size > 0) {
      const ids = [...this.#toRead].slice(0, BATCH_MAX);
      for (const id of ids) this.#toRead.delete(id);
      try {
        for (const state of await this.#options.load(ids)) this.publish(state);
      } catch (error) {
        this.#options.log.warn({ err: error }, 'watched emergencies could not be read');
        for (const id of ids) if (this.#watchers.has(id)) this.#toRead.add(id);
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
    this.#reading = false;
  }
}
