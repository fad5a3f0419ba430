/** One launcher a data folder: a second one would end the first one's processes as leftovers. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { writePrivate } from './secrets.ts';

/** @throws Error when another launcher runs there */
export function lock(folder: string): void {
  const file = fileIn(folder);
  const holder: ProcessIdentity | undefined = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  if (holder && isAlive(holder)) {
    throw new Error(`a mesh of this clone runs already (process ${holder.pid}): stop it with kill ${holder.pid}`);
  }
  writePrivate(file, JSON.stringify(identify(process.pid)));
}

export function unlock(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}

function fileIn(folder: string): string {
  return join(folder, 'launcher.json');
}
