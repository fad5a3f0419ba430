import type { MessageInitShape, Registry } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import type { EventSchema } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Bus } from '@kreki/runtime/events/bus';
import { isNotFound } from '@kreki/runtime/events/streams';
import type { JetStreamManager, StoredMsg } from 'nats';
import { timestampOf } from '../timestamp.ts';
import { eventJson } from './decode.ts';

export type EventMessage = MessageInitShape<typeof EventSchema>;

/** Events looked at for one page. */
const SCAN_MAX = 2_000;
/** Events asked for at the same time. */
const BATCH = 50;

/** The connection to JetStream; UNAVAILABLE with reason `JETSTREAM_UNAVAILABLE` when there is none. */
export function streamsOf(bus: Bus | undefined): Bus {
  managerOf(bus);
  return bus as Bus;
}

/** JetStream as it is connected now; UNAVAILABLE with reason `JETSTREAM_UNAVAILABLE` when it is not. */
export function managerOf(bus: Bus | undefined): JetStreamManager {
  const manager = bus?.jetstream()?.manager;
  if (!manager) throw fail(Code.Unavailable, 'JETSTREAM_UNAVAILABLE', 'JetStream cannot be reached now');
  return manager;
}

/**
 * Events of a stream from a place on backwards, as far as they match.
 * @returns the place before which the next page begins; 0 at the end.
 */
export async function readBackwards(
  manager: JetStreamManager,
  stream: string,
  options: { before: number | undefined; limit: number; matches: (message: StoredMsg) => boolean },
): Promise<{ found: StoredMsg[]; next: number }> {
  const { state } = await manager.streams.info(stream).catch((error: unknown) => {
    if (isNotFound(error)) throw fail(Code.NotFound, 'STREAM_NOT_FOUND', `there is no stream ${stream}`, { stream });
    throw error;
  });
  const found: StoredMsg[] = [];
  if (state.messages === 0) return { found, next: 0 };
  let seq = Math.min(options.before ?? Number.MAX_SAFE_INTEGER, state.last_seq + 1) - 1;
  for (let scanned = 0; seq >= state.first_seq && scanned < SCAN_MAX; scanned += BATCH) {
    const places = Array.from({ length: BATCH }, (_, index) => seq - index).filter((place) => place >= state.first_seq);
    const messages = await Promise.all(places.map((place) => messageAt(manager, stream, place)));
    for (const message of messages) {
      seq -= 1;
      if (message && options.matches(message)) found.push(message);
      if (found.length === options.limit) return { found, next: seq >= state.first_seq ? seq + 1 : 0 };
    }
  }
  return { found, next: seq >= state.first_seq ? seq + 1 : 0 };
}

async function messageAt(manager: JetStreamManager, stream: string, seq: number): Promise<StoredMsg | undefined> {
  return manager.streams.getMessage(stream, { seq }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

/** An event as it lies in its stream, decoded. */
export function eventMessage(types: Registry, message: StoredMsg): EventMessage {
  const header = (name: string) => message.header.get(name);
  const type = header('ce-type') || message.subject;
  const time = Date.parse(header('ce-time'));
  return {
    seq: BigInt(message.seq),
    id: header('ce-id'),
    type,
    aggregateId: header('ce-subject'),
    time: timestampOf(Number.isFinite(time) ? time : message.time.getTime()),
    contentJson: eventJson(types, type, message.data),
    size: message.data.length,
    traceId: header('traceparent').split('-')[1] ?? '',
  };
}
