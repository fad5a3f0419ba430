import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { dataFolder, repository } from '../../mesh/local/folders.ts';
import type { Run } from '../harness/sample.ts';

const folder = join(dataFolder, 'bench', 'runs');

/** @returns where, relative to the repository */
export function save(run: Run): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${run.startedAt.replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify(run, null, 1)}\n`);
  return relative(repository, file);
}

/** Every run that was saved, the oldest first. */
export function savedRuns(): Run[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.toSorted().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}
