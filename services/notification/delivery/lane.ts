import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import type { RateLimit } from './rate-limit.ts';

/** An alert must not wait long for a database that is back. */
const BACK_OFF_MAX_MS = 1_000;

export interface LaneOptions<Item> {
  readonly name: string;
  /** Messages on their way at the same time. */
  readonly concurrency: number;
  /** How often the queue is looked at without being woken: for retries and leases that ran out. */
  readonly pollMs: number;
  readonly limit: RateLimit;
  /** Permits of the limit that this lane leaves to more urgent ones. */
  readonly reserve: number;
  /** Whether nothing may be claimed now. */
  readonly held: () => boolean;
  readonly claim: (limit: number) => Promise<Item[]>;
  /** Sends one item and records what became of it; never throws. */
  readonly deliver: (item: Item) => Promise<void>;
  readonly log: Logger;
}

/** One queue with its own workers: whatever waits in another lane, this one has its places free. */
export interface Lane<Item> extends Loop {
  /** Takes places for messages that need not be queued first; undefined when there is none, or others wait for them. */
  reserve(wanted: number): Places<Item> | undefined;
  /** Stops claiming and waits for the messages on their way. */
  stop(): Promise<void>;
}

/** Places of a lane that nobody else gets. */
export interface Places<Item> {
  readonly count: number;
  /** Sends these, and gives back what places they leave; to be called once. */
  use(items: readonly Item[]): void;
}

export function createLane<Item>(options: LaneOptions<Item>): Lane<Item> {
  const { concurrency, limit, reserve, log } = options;
  const sending = new Set<Promise<void>>();
  const reserving = new Set<Promise<void>>();
  /** Places that are given to nothing that is sent yet. */
  let reserved = 0;
  let moreWaiting = false;
  let stopping = false;
  let limited: NodeJS.Timeout | undefined;

  const freePlaces = () => concurrency - sending.size - reserved;

  const start = (item: Item) => {
    const done = options.deliver(item).finally(() => {
      sending.delete(done);
      // A quarter of the places at a time, so that a backlog is claimed in groups.
      if (moreWaiting && sending.size <= concurrency * 0.75) inner.wake();
    });
    sending.add(done);
  };

  const step = async () => {
    const free = freePlaces();
    if (free === 0) moreWaiting = true;
    if (free === 0 || options.held()) return;
    const granted = limit.take(free, reserve);
    if (granted === 0) {
      limited ??= setTimeout(() => {
        limited = undefined;
        inner.wake();
      }, limit.waitMs(reserve));
      return;
    }
    reserved += granted;
    const claimed = await options.claim(granted).catch((error: unknown): Item[] => {
      // Not the loop's growing back-off: an offer has half a minute, and the database may be back in one.
      log.warn({ err: error, lane: options.name }, 'the queue cannot be read now');
      return [];
    });
    reserved -= granted;
    limit.giveBack(granted - claimed.length);
    moreWaiting = claimed.length === granted;
    for (const item of claimed) start(item);
  };
  const inner = loop(options.name, options.pollMs, step, { log, maxBackOffMs: BACK_OFF_MAX_MS });

  return {
    name: inner.name,
    start: () => inner.start(),
    wake: () => inner.wake(),
    reserve(wanted) {
      if (stopping || moreWaiting || limited || options.held()) return undefined;
      const count = limit.take(Math.min(wanted, freePlaces()), reserve);
      if (count === 0) return undefined;
      reserved += count;
      const { promise, resolve } = Promise.withResolvers<void>();
      reserving.add(promise);
      return {
        count,
        use(items) {
          reserved -= count;
          limit.giveBack(count - items.length);
          for (const item of items) start(item);
          reserving.delete(promise);
          resolve();
          if (moreWaiting) inner.wake();
        },
      };
    },
    async stop() {
      stopping = true;
      await inner.stop();
      clearTimeout(limited);
      await Promise.all(reserving);
      await Promise.all(sending);
    },
  };
}
