import { context } from '@opentelemetry/api';
import type { Database, Tx } from '../database/database.ts';
import { takeEach } from './inbox.ts';
import type { Slots } from './keyed-queue.ts';

/** An event to be handled in a transaction that may be other events' as well. */
export interface Item {
  /** UUID of the event. */
  readonly id: string;
  readonly work: (tx: Tx) => Promise<void>;
}

/** What became of an event: handled, handled before, or to be handled by itself since one beside it failed. */
export type Outcome = 'handled' | 'known' | 'alone';

interface Waiting {
  readonly item: Item;
  readonly settle: (outcome: Promise<Outcome>) => void;
}

/** More in one transaction would hold locks, and hold up the first of them, for longer than is gained. */
const BATCH_MAX = 32;

/**
 * Handles events in transactions: while there is a slot for each, each in its own; when more wait than there are slots, several in one, since
 * most of what a small transaction costs is its beginning and its commit. When one event of several fails, none of them is handled, and each
 * is told to be handled alone: it is the failing one's attempt only that counts. Waiting events must be of different aggregates.
 */
export function createBatches(database: Database, durable: string, slots: Slots) {
  const waiting: Waiting[] = [];

  const handle = async (items: readonly Item[]): Promise<ReadonlySet<string>> =>
    database.transaction(async (tx) => {
      const taken = await takeEach(
        tx,
        durable,
        items.map(({ id }) => id),
      );
      for (const { id, work } of items) if (taken.has(id.toLowerCase())) await work(tx);
      return taken;
    });

  /** Does nothing when those before it took all that waited. */
  const next = async () => {
    const batch = waiting.splice(0, Math.min(BATCH_MAX, Math.ceil(waiting.length / slots.count)));
    if (batch.length === 0) return;
    const handled = handle(batch.map(({ item }) => item));
    for (const { item, settle } of batch) {
      const told = handled.then((taken) =>
        taken.has(item.id.toLowerCase()) ? ('handled' as const) : ('known' as const),
      );
      settle(batch.length === 1 ? told : told.catch(() => 'alone' as const));
    }
    await handled.catch(() => undefined);
  };

  return {
    /** Rejects with what an event failed with that was handled by itself. */
    handle({ id, work }: Item): Promise<Outcome> {
      return new Promise((settle) => {
        // A batch is run for one of its events, and each event's work belongs to the trace of its own.
        waiting.push({ item: { id, work: context.bind(context.active(), work) }, settle });
        void slots.run(next);
      });
    },
  };
}
