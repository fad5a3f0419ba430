import { setTimeout as sleep } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { OfferAnsweredSchema } from '@kreki/gen/kreki/notification/v1/notification_events_pb.js';
import { type Bus, openBus } from '@kreki/runtime/events/bus';
import { listDeadLetters } from '@kreki/runtime/events/dead-letters';
import { streamOf } from '@kreki/runtime/events/subjects';
import { createLogger } from '@kreki/runtime/log';
import { type ServiceName, serviceNames, services } from '../../../topology.ts';
import type { ConsumerState, DeadLetterRow, StreamEvent } from '../evidence.ts';
import { readEmergencyEvent } from './emergency-events.ts';

const DEAD_LETTERS_MAX = 10_000;
const CONNECT_WITHIN_MS = 10_000;

export interface Streams {
  readonly streams: Record<ServiceName, StreamEvent[]>;
  readonly consumers: ConsumerState[];
  readonly deadLetters: DeadLetterRow[];
}

/** @param url The server as its administrator, past every link. */
export async function readStreams(url: string): Promise<Streams> {
  return withNats(url, async (bus) => {
    const streams: Partial<Record<ServiceName, StreamEvent[]>> = {};
    for (const name of serviceNames) if (services[name].publishes) streams[name] = await readStream(bus, name);
    return {
      streams: streams as Record<ServiceName, StreamEvent[]>,
      consumers: await readConsumers(bus),
      deadLetters: await listDeadLetters(bus, { limit: DEAD_LETTERS_MAX }),
    };
  });
}

/** Events that no consumer has acknowledged yet. */
export const countUnhandled = (url: string): Promise<number> =>
  withNats(url, async (bus) => {
    const consumers = await readConsumers(bus);
    return consumers.reduce((sum, { pending, unacknowledged }) => sum + pending + unacknowledged, 0);
  });

async function readStream(bus: Bus, domain: ServiceName): Promise<StreamEvent[]> {
  const { client, manager } = jetstreamOf(bus);
  const { state } = await manager.streams.info(streamOf(domain));
  const events: StreamEvent[] = [];
  if (state.messages === 0) return events;
  const consumer = await client.consumers.get(streamOf(domain));
  const messages = await consumer.consume({ max_messages: 2_000 });
  for await (const message of messages) {
    const header = (name: string) => message.headers?.get(name) ?? '';
    events.push({
      seq: message.seq,
      id: header('ce-id'),
      aggregateId: header('ce-subject'),
      type: message.subject,
      storedMs: message.info.timestampNanos / 1_000_000,
      ...(domain === 'emergency' && { emergency: readEmergencyEvent(message.subject, message.data) }),
      ...(message.subject === OfferAnsweredSchema.typeName && {
        answeredBy: fromBinary(OfferAnsweredSchema, message.data).volunteerId,
      }),
    });
    if (message.seq >= state.last_seq) break;
  }
  await messages.close();
  return events;
}

async function readConsumers(bus: Bus): Promise<ConsumerState[]> {
  const { manager } = jetstreamOf(bus);
  const states: ConsumerState[] = [];
  for (const name of serviceNames) {
    for (const { from, durable } of services[name].consumes) {
      const info = await manager.consumers.info(streamOf(from), durable);
      states.push({ durable, pending: info.num_pending, unacknowledged: info.num_ack_pending });
    }
  }
  return states;
}

async function withNats<T>(url: string, use: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = openBus(url, { name: 'auditor', log: createLogger('auditor', 'silent') });
  try {
    for (let waited = 0; !bus.connected && waited < CONNECT_WITHIN_MS; waited += 50) await sleep(50);
    return await use(bus);
  } finally {
    await bus.stop();
  }
}

function jetstreamOf(bus: Bus) {
  const jetstream = bus.jetstream();
  if (!jetstream) throw new Error('the auditor cannot reach NATS');
  return jetstream;
}
