import { EmergencyStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import type { Journal } from './journal.ts';
import { outcomeOf } from './outcome.ts';
import type { Person } from './person.ts';
import { pause } from './time.ts';

/** An app that has heard nothing for so long asks anew: its connection may be dead without anybody having said so. */
const SILENCE_MS = 30_000;
const PAUSE_MS = 500;

/**
 * Follows an emergency until it is closed, opening the stream again whenever it breaks.
 * @param signal Ends it in any case.
 */
export async function watch(person: Person, emergencyId: string, journal: Journal, signal: AbortSignal): Promise<void> {
  const way = person.draw.pick(['connect', 'grpc-web', 'grpc'] as const);
  const watched = journal.watch(emergencyId, person.userId, way);
  while (!signal.aborted && !watched.ended && !watched.refused) {
    const versions: number[] = [];
    watched.streams.push(versions);
    const silence = new AbortController();
    const hush = setTimeout(() => silence.abort(), SILENCE_MS);
    const { client, options } = person.client(EmergencyService, way);
    const { headers = {} } = options;
    try {
      const stream = client.watch({ id: emergencyId }, { headers, signal: AbortSignal.any([signal, silence.signal]) });
      for await (const { emergency } of stream) {
        hush.refresh();
        if (!emergency) continue;
        versions.push(Number(emergency.version));
        watched.version = Number(emergency.version);
        watched.status = emergency.status;
        watched.responders = emergency.responses.length;
      }
      watched.ended = isClosed(watched.status);
    } catch (thrown) {
      // Whatever else broke it, the next stream begins with the present state.
      const { outcome, error } = outcomeOf(thrown);
      if (outcome === 'refused') watched.refused = error;
    } finally {
      clearTimeout(hush);
    }
    if (!watched.ended) await pause(PAUSE_MS);
  }
}

export const isClosed = (status: EmergencyStatus): boolean =>
  status === EmergencyStatus.COMPLETED || status === EmergencyStatus.CANCELLED;
