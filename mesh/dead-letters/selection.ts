/** Which dead letters a command is about. */
import type { JetStreams } from '../runtime/events/bus.ts';
import { type DeadLetter, getDeadLetter, listDeadLetters } from '../runtime/events/dead-letters.ts';
import { Refusal } from './connection.ts';

export interface Wanted {
  /** Numbers in the dead-letter stream. */
  readonly numbers: readonly number[];
  readonly durable?: string | undefined;
  /** What the reason contains. */
  readonly reason?: string | undefined;
  readonly all: boolean;
}

const PAGE = 200;

/** Goes through dead letters, the oldest first, page by page: what comes in meanwhile behind the newest is not waited for. */
export async function* matching(
  streams: JetStreams,
  { durable, reason, after = 0 }: Pick<Wanted, 'durable' | 'reason'> & { after?: number },
): AsyncGenerator<DeadLetter> {
  for (let from = after; ; ) {
    const page = await listDeadLetters(streams, { after: from, limit: PAGE, durable });
    for (const letter of page) if (!reason || letter.reason.includes(reason)) yield letter;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    from = last.seq;
  }
}

/** @throws Refusal when nothing is named, or when a number is no dead letter's. */
export async function select(streams: JetStreams, wanted: Wanted): Promise<DeadLetter[]> {
  const { numbers, durable, reason, all } = wanted;
  if (numbers.length > 0) {
    const found = await Promise.all(numbers.map((seq) => getDeadLetter(streams, seq)));
    const missing = numbers.filter((_, index) => !found[index]);
    if (missing.length > 0) throw new Refusal(`there is no dead letter ${missing.join(', ')}`);
    return found.filter((letter) => letter !== undefined);
  }
  if (!durable && !reason && !all) throw new Refusal('say which: numbers, --durable, --reason, or --all');
  return Array.fromAsync(matching(streams, { durable, reason }));
}
