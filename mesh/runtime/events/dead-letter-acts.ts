/** What people do to dead letters: on record before it is done. */
import { Code, ConnectError } from '@connectrpc/connect';
import { trace } from '@opentelemetry/api';
import type { NewEntry, StoredEntry } from '../audit/entries.ts';
import { appendToJournal } from '../audit/journal.ts';
import { codeName } from '../codes.ts';
import { reasonOf } from '../errors.ts';
import type { JetStreams } from './bus.ts';
import { dropDeadLetter, getDeadLetter, replayDeadLetter } from './dead-letters.ts';

/** Who does it, from where. */
export type Actor = Pick<NewEntry, 'actorId' | 'actorRole' | 'sessionId' | 'peer' | 'clientAddress' | 'requestId'>;

const ACTS = { ReplayDeadLetter: replayDeadLetter, DropDeadLetter: dropDeadLetter } as const;
export type Act = keyof typeof ACTS;

/**
 * Replays or drops a dead letter for somebody. The entry is written first, and says OK; should the act fail then, another says how.
 * @returns the entry; undefined when there is no such dead letter.
 * @throws ConnectError UNAVAILABLE `AUDIT_UNAVAILABLE`: nothing was done.
 */
export async function actOnDeadLetter(
  bus: JetStreams,
  { act, seq, actor }: { act: Act; seq: number; actor: Actor },
): Promise<StoredEntry | undefined> {
  const letter = await getDeadLetter(bus, seq);
  if (!letter) return undefined;
  const subjects = [`deadletters/${seq}`, `events/${letter.id}`, `consumers/${letter.durable}`];
  const entry: NewEntry = {
    ...actor,
    rpc: `kreki.mesh.v1.StreamService/${act}`,
    subjects,
    outcome: codeName(undefined),
    reason: '',
    traceId: trace.getActiveSpan()?.spanContext().traceId ?? '',
    omitted: 0,
  };
  const written = await appendToJournal(bus, entry);
  const failed = (code: Code, reason: string) => appendToJournal(bus, { ...entry, outcome: codeName(code), reason });
  try {
    if (await ACTS[act](bus, seq)) return written;
  } catch (error) {
    // That it may not have been done is worth less than why: a record that cannot be written now does not hide it.
    await failed(ConnectError.from(error).code, reasonOf(error)).catch(() => undefined);
    throw error;
  }
  await failed(Code.NotFound, 'DEAD_LETTER_NOT_FOUND');
  return undefined;
}
