import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../../mesh/local/folders.ts';
import { generateClient, isStale } from '../../mesh/local/prisma-clients.ts';
import { Steps } from '../../mesh/local/steps.ts';

const folder = join(repository, 'bench/peers');
const stamp = join(folder, 'node_modules/.kreki-lock');
const SCHEMA = 'bench/peers/prisma/schema.prisma';
const run = promisify(execFile);

/** Installs what the peers are made of, which is theirs alone, and compiles them: NestJS needs decorators, which Node.js does not run. */
export async function installPeers(): Promise<void> {
  const steps = new Steps();
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    await steps.run('dependencies of the peers', async () => {
      await npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
      writeFileSync(stamp, lock);
      return 'npm ci in bench/peers';
    });
  }
  await steps.run('peers', async () => {
    if (isStale(SCHEMA)) await generateClient(SCHEMA);
    await command(join(repository, 'node_modules/.bin/tsc'), '-p', folder);
    return 'compiled';
  });
}

/** The npm that runs this script, where there is one. */
function npm(...args: readonly string[]): Promise<void> {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js') ? command(process.execPath, cli, ...args) : command('npm', ...args);
}

/** @throws Error with what it printed */
async function command(file: string, ...args: readonly string[]): Promise<void> {
  await run(file, args, { cwd: folder, maxBuffer: 16 * 1024 * 1024 }).catch((error) => {
    throw new Error(`${file} ${args.join(' ')} failed:\n${error.stdout}${error.stderr}`);
  });
}
