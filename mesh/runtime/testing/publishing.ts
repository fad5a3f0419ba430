import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { prepared } from '../database/sql.ts';
import type { Bus } from '../events/bus.ts';
import { createOutbox, type OutboxEvent } from '../events/outbox.ts';
import { moved, type TestEvents } from './events.ts';

export const outbox = createOutbox({ wake: () => undefined, domain: 'emergency' });
export const append = (database: Database, events: readonly OutboxEvent[]) =>
  database.transaction((tx) => outbox.append(tx, events));

/** Appends numbers 1, 2, … to each of some aggregates, from transactions side by side that lock their aggregate first. */
export async function appendMany({ database, sql }: TestEvents, aggregates: number, numbers: number, workers = 8) {
  await sql('CREATE TABLE IF NOT EXISTS aggregates (id text PRIMARY KEY, number int NOT NULL DEFAULT 0)');
  await sql(`INSERT INTO aggregates SELECT 'a' || n FROM generate_series(1, ${aggregates}) n ON CONFLICT DO NOTHING`);
  const count = prepared('count', 'UPDATE aggregates SET number = number + 1 WHERE id = $1 RETURNING number');
  let left = aggregates * numbers;
  const work = async () => {
    while (left-- > 0) {
      const id = `a${1 + (left % aggregates)}`;
      await database.transaction(async (tx) => {
        const [row] = await tx.query<{ number: number }>(count, [id]);
        await outbox.append(tx, [moved(id, row?.number ?? 0)]);
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

/** What the stream holds, in its order. */
export async function stored(bus: Bus): Promise<{ id: string; aggregateId: string }[]> {
  const jetstream = bus.jetstream();
  assert.ok(jetstream);
  const { state } = await jetstream.manager.streams.info('EVENTS_emergency');
  const found = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const { header } = await jetstream.manager.streams.getMessage('EVENTS_emergency', { seq });
    found.push({ id: header.get('ce-id'), aggregateId: header.get('ce-subject') });
  }
  return found;
}

export const published = (events: TestEvents, count: number) => () =>
  events
    .sql('SELECT count(*)::int AS count FROM outbox WHERE published_at IS NOT NULL')
    .then(([row]) => row?.count === count);

/** What the lease of the relay locks. */
export const relayKey = createHash('sha256').update('relay:emergency').digest().readInt32BE();
