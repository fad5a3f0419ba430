/** The dashboard's page, built when its sources or its packages changed since it was built. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './folders.ts';
import { Steps } from './steps.ts';

const folder = join(repository, 'mesh/dashboard/page');
const stamp = join(folder, 'dist/.sources');
/** What ends up in the page: its own files, the contracts it speaks, and the locked packages. */
const SOURCES = [
  'mesh/dashboard/page/{src,public}/**/*.*',
  'mesh/dashboard/page/*.{html,ts}',
  'gen/kreki/mesh/v1/*.js',
  'package-lock.json',
];

export async function buildPage(steps: Steps): Promise<void> {
  const fingerprint = fingerprintOf(globSync(SOURCES, { cwd: repository }).sort());
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return;
  await steps.run('dashboard page', async () => {
    const vite = join(repository, 'node_modules/vite/bin/vite.js');
    await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: folder }).catch(
      (error) => {
        throw new Error(`the dashboard's page cannot be built:\n${error.stdout}${error.stderr}`);
      },
    );
    writeFileSync(stamp, fingerprint);
    return 'built';
  });
}

function fingerprintOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(repository, file)));
  return hash.digest('hex');
}

/** `node mesh/local/build-page.ts <process>`: of a process that has one; the others have nothing to build. */
if (import.meta.main && process.argv[2] === 'dashboard') await buildPage(new Steps());
