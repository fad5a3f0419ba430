import { context } from '@opentelemetry/api';
import type { Database, Tx } from '../database/database.ts';
import { giveBack, takeEach } from './inbox.ts';
import type { Slots } from './keyed-queue.ts';

/** An event to be handled in a transaction that may be other events' as well. */
export interface Item {
  /** UUID of the event. */
  readonly id: string;
  readonly work: (tx: Tx) => Promise<void>;
}

/** What became of an event: handled, handled before, or to be handled by itself, since one beside it failed or the handling ends. */
export type Outcome = 'handled' | 'known' | 'alone';

interface Surroundings {
  readonly database: Database;
  readonly durable: string;
  readonly slots: Slots;
  /** Ends the handling. */
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly item: Item;
  readonly settle: (outcome: Promise<Outcome>) => void;
}

/** More in one transaction would hold locks, and hold up the first of them, for longer than is gained. */
const BATCH_MAX = 32;

/**
 * Handles events in transactions: while there is a slot for each, each in its own; when more wait than there are slots, several in one, since
 * most of what a small transaction costs is its beginning and its commit. When one event of several fails, none of them is handled, and each
 * is told to be handled alone: it is the failing one's attempt only that counts. Once the signal aborts no further one is begun, and what was
 * handled before is committed. Waiting events must be of different aggregates.
 */
export function createBatches({ database, durable, slots, signal }: Surroundings) {
  const waiting: Waiting[] = [];
  let asked = 0;
  const outcomeFor = (isNew: boolean): Outcome => {
    if (!isNew) return 'known';
    return signal.aborted ? 'alone' : 'handled';
  };

  const handle = (items: readonly Item[]) =>
    database.transaction(async (tx) => {
      const ids = items.map(({ id }) => id);
      const taken = await takeEach(tx, durable, ids);
      const outcomes = new Map<Item, Outcome>();
      for (const item of items) {
        const outcome = outcomeFor(taken.has(item.id.toLowerCase()));
        if (outcome === 'handled') await item.work(tx);
        outcomes.set(item, outcome);
      }
      const left = items.filter((item) => outcomes.get(item) === 'alone').map(({ id }) => id);
      if (left.length > 0) await giveBack(tx, durable, left);
      return outcomes;
    });

  /** Asks for a slot, unless enough are asked for already to take all that waits. */
  const ask = () => {
    if (asked === slots.count || asked >= waiting.length) return;
    asked += 1;
    void slots.run(next).then(ask);
  };

  const next = async () => {
    asked -= 1;
    const batch = waiting.splice(0, Math.min(BATCH_MAX, Math.ceil(waiting.length / slots.count)));
    const handled = handle(batch.map(({ item }) => item));
    for (const { item, settle } of batch) {
      const told = handled.then((outcomes) => outcomes.get(item) ?? 'alone');
      settle(batch.length === 1 ? told : told.catch(() => 'alone'));
    }
    await handled.catch(() => undefined);
  };

  return {
    /** Rejects with what an event failed with that was handled by itself. */
    handle({ id, work }: Item): Promise<Outcome> {
      return new Promise((settle) => {
        // A batch is run for one of its events, and each event's work belongs to the trace of its own.
        waiting.push({ item: { id, work: context.bind(context.active(), work) }, settle });
        ask();
      });
    },
  };
}
