/** A record of the processes that run, by which the next launcher ends those that a killed one could not. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { writePrivate } from './secrets.ts';

type Entry = ProcessIdentity & { readonly stopSignal: NodeJS.Signals };

/** How long a process may take to end before it is killed, in milliseconds. */
export const stopPatience = 10_000;

export class Leftovers {
  readonly #file: string;
  #entries: Record<string, Entry> = {};

  constructor(file: string) {
    this.#file = file;
  }

  record(name: string, pid: number, stopSignal: NodeJS.Signals = 'SIGTERM'): void {
    const identity = identify(pid);
    if (!identity) return;
    this.#entries[name] = { ...identity, stopSignal };
    writePrivate(this.#file, `${JSON.stringify(this.#entries, null, 2)}\n`);
  }

  clear(): void {
    this.#entries = {};
    rmSync(this.#file, { force: true });
  }

  /** @returns names of the processes that had been left running */
  async stop(): Promise<string[]> {
    if (!existsSync(this.#file)) return [];
    const recorded: Record<string, Entry> = JSON.parse(readFileSync(this.#file, 'utf8'));
    const alive = Object.entries(recorded).filter(([, entry]) => isAlive(entry));
    await Promise.all(alive.map(([, entry]) => end(entry)));
    this.clear();
    return alive.map(([name]) => name);
  }
}

async function end(entry: Entry): Promise<void> {
  process.kill(entry.pid, entry.stopSignal);
  for (let waited = 0; waited < stopPatience; waited += 50) {
    if (!isAlive(entry)) return;
    await sleep(50);
  }
  process.kill(entry.pid, 'SIGKILL');
}
