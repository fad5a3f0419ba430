import type { Tx } from '@kreki/runtime/database/database';
import type { OutboxEvent } from '@kreki/runtime/events/outbox';
import type { Context } from '../context.ts';
import { type EmergencyState, findAfter, lockEmergency } from '../store/emergencies.ts';

/** An emergency held for a change. */
export interface Held {
  readonly tx: Tx;
  readonly state: EmergencyState;
  /** The database's clock. */
  readonly now: Date;
  /** Events that go out with the change. */
  readonly events: readonly OutboxEvent[];
  readonly tell: (...events: OutboxEvent[]) => void;
}

/**
 * What is put on record with a change. It is the last in the transaction, since whoever else writes to the record waits for the end of that.
 */
export type PutOnRecord = (held: Held) => void;

type Needs = Pick<Context, 'database' | 'outbox' | 'watch' | 'wakeDispatch'>;

/**
 * Changes one emergency, nobody else changing it meanwhile, in the same transaction as its events; then tells the relay, dispatch and those
 * who watch. Resolves with the state after the change, or undefined when there is no such emergency.
 */
export async function changeEmergency(
  { database, outbox, watch, wakeDispatch }: Needs,
  id: string,
  change: (held: Held) => Promise<void>,
  putOnRecord?: PutOnRecord,
): Promise<EmergencyState | undefined> {
  const changed = await database.transaction(async (tx) => {
    const held = await changeWithin(tx, outbox, id, change);
    if (!held) return undefined;
    const found = findAfter(tx, id);
    putOnRecord?.(held);
    return { found, events: held.events };
  });
  if (!changed) return undefined;
  const { found, events } = changed;
  const [after] = await found;
  if (!after) return undefined;
  outbox.wake();
  wakeDispatch();
  watch.publish(
    after,
    events.map((event) => event.id),
  );
  return after;
}

/**
 * The same within a transaction of the caller's, who does the telling after the commit; resolves with the emergency as it was before.
 * @param read Asks for what the change will look at beside the emergency: in the same round trip, and answered after the wait for the lock.
 */
export async function changeWithin<Read = undefined>(
  tx: Tx,
  outbox: Pick<Context['outbox'], 'append'>,
  id: string,
  change: (held: Held, read: Read) => Promise<void>,
  read?: () => Promise<Read>,
): Promise<Held | undefined> {
  const [locked, beside] = await Promise.all([lockEmergency(tx, id), read?.()]);
  if (!locked) return undefined;
  const events: OutboxEvent[] = [];
  const held = { tx, ...locked, events, tell: (...more: OutboxEvent[]) => void events.push(...more) };
  await change(held, beside as Read);
  await outbox.append(tx, events);
  return held;
}
