import assert from 'node:assert/strict';
import { headers } from 'nats';
import type { Bus } from '../events/bus.ts';
import type { OutboxEvent } from '../events/outbox.ts';
import { ensureDomainStream } from '../events/streams.ts';
import { until } from './events.ts';

export const STREAM = 'EVENTS_emergency';
export const LOSE_SESSIONS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'test'`;
export const LOSE_LEASES = `${LOSE_SESSIONS} AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`;

export function jetstreamOf(bus: Bus) {
  const jetstream = bus.jetstream();
  assert.ok(jetstream, 'NATS is connected');
  return jetstream;
}

export async function ready(bus: Bus): Promise<void> {
  await until(() => bus.connected, 'connecting');
  await ensureDomainStream(jetstreamOf(bus).manager, 'emergency');
}

/** Publishes past the outbox, without a message id, so that the same event may be in the stream several times. */
export async function publish(bus: Bus, events: readonly OutboxEvent[]): Promise<void> {
  for (const event of events) {
    const with_ = headers();
    for (const [name, value] of Object.entries(event.headers)) with_.set(name, value);
    await jetstreamOf(bus).client.publish(event.subject, event.payload, { headers: with_ });
  }
}

export const pending = async (bus: Bus): Promise<number> => {
  const info = await jetstreamOf(bus).manager.consumers.info(STREAM, 'test-moves');
  return info.num_pending + info.num_ack_pending;
};
