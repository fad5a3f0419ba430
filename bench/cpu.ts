/** CPU time and memory of processes, as Linux counts them. Source: proc(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time of processes in hundredths of a second. */
const TICKS = 100;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Its own, and that of its children that have ended. */
  readonly seconds: number;
}

/**
 * CPU time, user and system, in seconds, that each process has used with all that it started, ended children included: PostgreSQL is one
 * process a connection.
 */
export function cpuSecondsOf(pids: ReadonlyMap<string, number>): Map<string, number> {
  const stats = readStats();
  const children = Map.groupBy(stats.values(), ({ parent }) => parent);
  const sum = (pid: number): number =>
    (stats.get(pid)?.seconds ?? 0) + (children.get(pid) ?? []).reduce((total, child) => total + sum(child.pid), 0);
  return new Map([...pids].map(([name, pid]) => [name, sum(pid)]));
}

/** What a piece of work gives, and the CPU time in seconds that each of the processes used meanwhile. */
export async function withCpu<T>(
  processes: () => ReadonlyMap<string, number>,
  work: () => Promise<T>,
): Promise<{ outcome: T; cpu: Map<string, number> }> {
  const before = cpuSecondsOf(processes());
  const outcome = await work();
  const after = cpuSecondsOf(processes());
  return { outcome, cpu: new Map([...after].map(([name, used]) => [name, used - (before.get(name) ?? 0)])) };
}

/** Memory of each process with all that it started, in MB: proportional set size, so that shared pages count once. */
export function memoryMbOf(pids: ReadonlyMap<string, number>): Map<string, number> {
  const children = Map.groupBy(readStats().values(), ({ parent }) => parent);
  const sum = (pid: number): number =>
    pssMb(pid) + (children.get(pid) ?? []).reduce((total, child) => total + sum(child.pid), 0);
  return new Map([...pids].map(([name, pid]) => [name, sum(pid)]));
}

function readStats(): Map<number, Stat> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.flatMap((pid) => parseStat(readOrEmpty(`/proc/${pid}/stat`))).map((stat) => [stat.pid, stat]));
}

/** Of the text of `/proc/<pid>/stat`; nothing for a process that ended meanwhile. */
export function parseStat(text: string): Stat[] {
  if (text === '') return [];
  // The name, in brackets, may itself have spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
  return [{ pid: Number.parseInt(text, 10), parent: Number(fields[1]), seconds: ticks / TICKS }];
}

const pssMb = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(readOrEmpty(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1_024;

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
