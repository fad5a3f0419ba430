import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import type { EmergencyState } from '../store/emergencies.ts';

/** Changes waiting for a slow reader; beyond, the oldest go, since each is the whole state. */
const PENDING_MAX = 64;

interface Watcher {
  readonly pending: EmergencyState[];
  lastVersion: number;
  wake: () => void;
}

export interface WatchHubOptions {
  /** Reads an emergency as it is committed. */
  readonly load: (id: string) => Promise<EmergencyState | undefined>;
  readonly watchersMax: number;
  readonly log: Logger;
}

/** Brings changes of emergencies to those who watch them, each version once and never an older one after a newer. */
export class WatchHub {
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #loading = new Map<string, { again: boolean }>();
  readonly #options: WatchHubOptions;
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

  /** An emergency may have changed elsewhere: read once for all who watch it here. */
  refresh(id: string): void {
    if (!this.#watchers.has(id)) return;
    const loading = this.#loading.get(id);
    if (loading) loading.again = true;
    else void this.#load(id);
  }

  /** All that is watched here may have changed, unheard. */
  refreshAll(): void {
    for (const id of this.#watchers.keys()) this.refresh(id);
  }

  /**
   * The states of an emergency from now on, beginning with the present one.
   * @throws ConnectError RESOURCE_EXHAUSTED `TOO_MANY_WATCHERS`.
   */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<EmergencyState> {
    if (this.#count >= this.#options.watchersMax) {
      throw fail(Code.ResourceExhausted, 'TOO_MANY_WATCHERS', 'too many streams are open here; try again');
    }
    const watcher: Watcher = { pending: [], lastVersion: 0, wake: () => undefined };
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(watcher));
    this.#count += 1;
    const onAbort = () => watcher.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const present = await this.#options.load(id);
      if (present) this.publish(present);
      while (!signal.aborted) {
        const next = watcher.pending.shift();
        if (next) yield next;
        else await new Promise<void>((resolve) => (watcher.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#count -= 1;
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(id);
    }
  }

  async #load(id: string): Promise<void> {
    const loading = { again: false };
    this.#loading.set(id, loading);
    try {
      do {
        loading.again = false;
        const state = await this.#options.load(id);
        if (state) this.publish(state);
      } while (loading.again);
    } catch (error) {
      this.#options.log.warn({ err: error, emergencyId: id }, 'a watched emergency could not be read');
    } finally {
      this.#loading.delete(id);
    }
  }
}
