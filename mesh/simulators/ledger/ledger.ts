import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Arrival } from '../inbox/message.ts';
import type { WebhookEvent } from '../whatsapp/webhook-queue.ts';

/** One line of the ledger. */
export type Entry =
  | { readonly arrived: Arrival; readonly atMs: number }
  /** Something the edge is to be told. */
  | { readonly event: WebhookEvent; readonly id: number }
  /** Events that the edge has taken. */
  | { readonly told: readonly number[] };

/** What phones and providers keep although this process is killed: messages that arrived, and what the edge is still to be told. */
export interface Ledger {
  /** Written before anybody is answered. */
  add(entry: Entry): void;
  close(): void;
}

/** For simulators that begin empty. */
export const noLedger: Ledger = { add: () => undefined, close: () => undefined };

/** Opens a ledger, with what is in it already. */
export function openLedger(file: string): { ledger: Ledger; entries: Entry[] } {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const handle = openSync(file, 'a', 0o600);
  // A line that a kill cut off was answered to nobody.
  if (text !== '' && !text.endsWith('\n')) writeSync(handle, '\n');
  const ledger: Ledger = {
    add: (entry) => void writeSync(handle, `${JSON.stringify(entry)}\n`),
    close: () => closeSync(handle),
  };
  return { ledger, entries: text.split('\n').flatMap(parse) };
}

function parse(line: string): Entry[] {
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
