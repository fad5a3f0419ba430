import { Code } from '@connectrpc/connect';
import { tryLater } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import type { EmergencyState } from '../store/emergencies.ts';
import { Watcher } from './watcher.ts';

/** Emergencies read in one statement. */
const BATCH_MAX = 100;
/** Events of this replica's own that have not come back yet; beyond, the oldest are taken for another's. */
const OWN_EVENTS_MAX = 10_000;
/** After how long a stream may be asked for again that was one too many. */
const SOON_MS = 1_000;
const RETRY_MS = 500;

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
  /** What the next statement reads, and who waits for it to learn whether there is such an emergency. */
  #toRead = new Map<string, Watcher[]>();
  readonly #ownEvents = new Set<string>();
  readonly #options: WatchHubOptions;
  #reading = false;
  #count = 0;

  constructor(options: WatchHubOptions) {
    this.#options = options;
  }

  /** A change committed by this replica, with the ids of the events that tell of it. */
  publish(state: EmergencyState, eventIds: readonly string[] = []): void {
    const watchers = this.#watchers.get(state.id);
    if (!watchers) return;
    for (const watcher of watchers) watcher.show(state);
    for (const id of eventIds) this.#ownEvents.add(id);
    for (const oldest of this.#ownEvents) {
      if (this.#ownEvents.size <= OWN_EVENTS_MAX) break;
      this.#ownEvents.delete(oldest);
    }
  }

  /** An event of an emergency passes by: it is read, unless those who watch it have been shown already what the event tells of. */
  heard(eventId: string, id: string): void {
    if (!this.#ownEvents.delete(eventId)) this.refresh(id);
  }

  /** An emergency may have changed elsewhere: it is read once for all who watch it here, together with others heard of meanwhile. */
  refresh(id: string): void {
    if (this.#watchers.has(id)) this.#readSoon(id);
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
   * The states of an emergency from now on, from the present one to that in which it is closed; `undefined` alone when there is no such
   * emergency. Ends with the signal.
   * @throws ConnectError RESOURCE_EXHAUSTED `TOO_MANY_WATCHERS`.
   */
  watch(id: string, signal: AbortSignal): AsyncIterableIterator<EmergencyState | undefined> {
    if (this.#count >= this.#options.watchersMax) {
      throw tryLater(Code.ResourceExhausted, 'TOO_MANY_WATCHERS', 'too many streams are open here; try again', SOON_MS);
    }
    const watcher = new Watcher(id, this.#forget);
    this.#watchers.set(id, (this.#watchers.get(id) ?? new Set()).add(watcher));
    this.#count += 1;
    if (signal.aborted) watcher.end();
    else signal.addEventListener('abort', watcher, { once: true });
    // Read from now on, so that no change lies between what is read and what is heard of.
    this.#readSoon(id).push(watcher);
    return watcher;
  }

  readonly #forget = (watcher: Watcher): void => {
    this.#count -= 1;
    const watchers = this.#watchers.get(watcher.id);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watchers.delete(watcher.id);
  };

  /** The oldest version that somebody who watches has last. */
  #seen(id: string): number {
    return Math.min(...[...(this.#watchers.get(id) ?? [])].map(({ lastVersion }) => lastVersion));
  }

  /** Has an emergency read by a statement that begins after now; those who wait for it can be added. */
  #readSoon(id: string): Watcher[] {
    const waiting = this.#toRead.get(id) ?? [];
    this.#toRead.set(id, waiting);
    if (!this.#reading) void this.#readAll();
    return waiting;
  }

  async #readAll(): Promise<void> {
    this.#reading = true;
    // What is asked for in the same turn of the event loop is read together.
    await undefined;
    while (this.#toRead.size > 0) {
      const batch = new Map([...this.#toRead].slice(0, BATCH_MAX));
      for (const id of batch.keys()) this.#toRead.delete(id);
      await this.#readBatch(batch);
    }
    this.#reading = false;
  }

  async #readBatch(batch: ReadonlyMap<string, readonly Watcher[]>): Promise<void> {
    try {
      for (const state of await this.#options.load([...batch.keys()])) this.publish(state);
      for (const waiting of batch.values()) {
        for (const watcher of waiting) if (watcher.lastVersion === 0) watcher.absent();
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'watched emergencies could not be read');
      for (const waiting of batch.values()) for (const watcher of waiting) watcher.end({ error });
      const again = () => {
        for (const id of batch.keys()) this.refresh(id);
      };
      setTimeout(again, RETRY_MS).unref();
    }
  }
}
