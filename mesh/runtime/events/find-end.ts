import type { Queryable } from '../database/database.ts';
import type { JetStream } from './bus.ts';
import { newestPublished, reopenAfter } from './outbox-table.ts';
import { ensureDomainStream, isNotFound } from './streams.ts';
import { streamOf } from './subjects.ts';

/**
 * Finds where the stream ends, making it when it is not there. What was published and is not in it any more (a broker that lost its disk,
 * or was set back to an older state) waits for publication again.
 * @returns The last sequence of the stream, and how many events it had lost.
 */
export async function findEnd(
  { manager, replicas }: JetStream,
  domain: string,
  session: Queryable,
): Promise<{ lastSeq: number; lost: number }> {
  const { state } = await ensureDomainStream(manager, domain, replicas);
  const holds = async (event: { id: string; stream_seq: number }): Promise<boolean> => {
    if (event.stream_seq < state.first_seq) return true;
    try {
      const stored = await manager.streams.getMessage(streamOf(domain), { seq: event.stream_seq });
      return stored.header.get('Nats-Msg-Id') === event.id;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  };
  for (let lost = 0; ; ) {
    const newest = await newestPublished(session);
    const missing = newest !== undefined && newest.stream_seq > state.last_seq;
    if (!newest || (!missing && (await holds(newest)))) return { lastSeq: state.last_seq, lost };
    lost += await reopenAfter(session, missing ? state.last_seq : 0);
  }
}
