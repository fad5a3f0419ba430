import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Kills processes of the local mesh at once (SIGKILL), one after the other; the launcher starts them again. */
export async function killInTurn(
  processesFile: string,
  names: readonly string[],
  everyMs: number,
  tell: (line: string) => void,
): Promise<void> {
  for (const name of names) {
    await sleep(everyMs);
    const processes: Record<string, { pid: number }> = JSON.parse(readFileSync(processesFile, 'utf8'));
    const entry = processes[name];
    if (!entry) throw new Error(`${processesFile} knows no ${name}, only ${Object.keys(processes).join(', ')}`);
    process.kill(entry.pid, 'SIGKILL');
    tell(`kill -9 ${name} (${entry.pid})`);
  }
}
