import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { repository } from '../../mesh/local/folders.ts';
import type { Options } from '../harness/options.ts';

/** What the figures were measured on, and how. */
export function describeMachine({ callers, seconds, volunteers }: Options): Record<string, string | number> {
  return {
    processors: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
    // Of others than this run it should be next to nothing.
    loadAtEnd: Number(loadavg()[2]?.toFixed(1)),
    callers,
    seconds,
    volunteers,
  };
}

/** Short hash, with a plus where files differ from it. */
export function describeCommit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}
