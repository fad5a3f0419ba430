import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repository } from '../../mesh/local/folders.ts';
import type { Run } from '../harness/sample.ts';
import { type Measured, markdown } from './markdown.ts';
import { plotsOf } from './plots/plots.ts';

const folder = join(repository, 'bench/report');

/**
 * Writes the report anew, of each workload the newest figures that a whole run gave.
 * @returns its path, relative to the repository
 */
export function writeReport(runs: readonly Run[], order: readonly string[]): string {
  const all = newestOfEach(runs, order);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const plots = new Map<string, string[]>();
  for (const { workload } of all) {
    const pictures = plotsOf(workload);
    for (const [name, content] of pictures) writeFileSync(join(folder, name), content);
    plots.set(workload.name, [...pictures.keys()]);
  }
  writeFileSync(join(folder, 'README.md'), markdown(all, plots));
  return relative(repository, join(folder, 'README.md'));
}

/** @param runs the oldest first */
export function newestOfEach(runs: readonly Run[], order: readonly string[]): Measured[] {
  const whole = runs.filter(({ quick }) => !quick);
  return order.flatMap((name) => {
    const found = whole.flatMap((run) => run.workloads.map((workload) => ({ run, workload })));
    const newest = found.findLast(({ workload }) => workload.name === name);
    return newest ? [newest] : [];
  });
}
