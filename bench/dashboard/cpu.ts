import { readFileSync } from 'node:fs';
import type { Node } from '../../mesh/local/nodes.ts';

/** Linux counts CPU time of processes in hundredths of a second. */
const TICKS = 100;

/** CPU time that each process has used, user and system, in seconds. Source: proc(5), fields 14 and 15 of `stat`. */
export function cpuSecondsOf(nodes: readonly Node[]): Map<string, number> {
  const used = nodes.map(({ process }): [string, number] => {
    const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [process.spec.name, (Number(fields[11]) + Number(fields[12])) / TICKS];
  });
  return new Map(used);
}
