/** A data folder for each run, so that several may go on at once. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lock } from './launcher-lock.ts';
import { Processes } from './processes.ts';
import { removeServerData } from './servers/provide.ts';

/** Makes a folder for this process, and removes what runs that were killed left behind; those that go on are locked. */
export async function makeRunFolder(runs: string): Promise<string> {
  mkdirSync(runs, { recursive: true, mode: 0o711 });
  for (const name of readdirSync(runs)) await removeIfAbandoned(join(runs, name));
  const folder = join(runs, String(process.pid));
  mkdirSync(folder, { recursive: true });
  lock(folder);
  return folder;
}

export function removeRunFolder(folder: string): void {
  removeServerData(folder);
  rmSync(folder, { recursive: true, force: true });
}

async function removeIfAbandoned(folder: string): Promise<void> {
  try {
    lock(folder);
  } catch {
    return;
  }
  await new Processes({ folder, onEnd: () => {} }).stopLeftovers();
  removeRunFolder(folder);
}
