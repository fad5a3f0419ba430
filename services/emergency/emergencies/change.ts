import type { Tx } from '@kreki/runtime/database/database';
import type { OutboxEvent } from '@kreki/runtime/events/outbox';
import type { Context } from '../context.ts';
import { type EmergencyState, findEmergency, lockEmergency } from '../store/emergencies.ts';

/** An emergency held for a change. */
export interface Held {
  readonly tx: Tx;
  readonly state: EmergencyState;
  /** The database's clock. */
  readonly now: Date;
  /** Events that go out with the change. */
  readonly tell: (...events: OutboxEvent[]) => void;
}

type Needs = Pick<Context, 'database' | 'outbox' | 'watch' | 'wakeDispatch'>;

/**
 * Changes one emergency, nobody else changing it meanwhile, in the same transaction as its events; then tells the relay, dispatch and those
 * who watch. Resolves with the state after the change, or undefined when there is no such emergency.
 */
export async function changeEmergency(
  { database, outbox, watch, wakeDispatch }: Needs,
  id: string,
  change: (held: Held) => Promise<void>,
): Promise<EmergencyState | undefined> {
  const after = await database.transaction((tx) => changeWithin(tx, outbox, id, change));
  if (after) {
    outbox.wake();
    wakeDispatch();
    watch.publish(after);
  }
  return after;
}

/** The same within a transaction of the caller's, who does the telling after the commit. */
export async function changeWithin(
  tx: Tx,
  outbox: Pick<Context['outbox'], 'append'>,
  id: string,
  change: (held: Held) => Promise<void>,
): Promise<EmergencyState | undefined> {
  const held = await lockEmergency(tx, id);
  if (!held) return undefined;
  const events: OutboxEvent[] = [];
  await change({ tx, ...held, tell: (...more) => void events.push(...more) });
  await outbox.append(tx, events);
  return findEmergency(tx, id);
}
