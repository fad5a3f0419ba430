import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from '../../local/process-identity.ts';

/**
 * A process and everything it started.
 * @throws RangeError for what is no process of ours: everything that runs descends from 0 and 1.
 */
export function familyOf(pid: number | undefined): ProcessIdentity[] {
  if (pid === undefined || !(pid > 1)) throw new RangeError(`${pid} is no process of the mesh`);
  const members = [pid];
  for (const parent of members) members.push(...childrenOf(parent));
  return members.flatMap((each) => identify(each) ?? []);
}

export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

/** Undefined when there is no such process any more. */
export function parentOf(pid: number): number | undefined {
  try {
    // The second field may hold spaces and parentheses; behind its end the state comes first, then the parent.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return undefined;
  }
}

export function send(processes: readonly ProcessIdentity[], signal: NodeJS.Signals): void {
  for (const each of processes) {
    try {
      // Its number may be another's by now.
      if (isAlive(each)) process.kill(each.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Whether it was gone in time. */
export async function gone(one: ProcessIdentity, withinMs: number): Promise<boolean> {
  for (let waited = 0; waited < withinMs; waited += 20) {
    if (!isAlive(one)) return true;
    await sleep(20);
  }
  return !isAlive(one);
}
