/** `npm run check`: everything that can be said about the code without running it. One line each; output only on failure. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dataFolder, repository } from './folders.ts';
import { Steps } from './steps.ts';

const bin = (name: string) => join(repository, 'node_modules/.bin', name);
const steps = new Steps();
const failures: string[] = [];
const scratch = mkdtempSync(join(tmpdir(), 'kreki-check-'));

try {
  // First, since it also fetches the third-party contracts that the checks of contracts compile against.
  await check('generated code', generatedCode);
  await check('types', () => run(bin('tsc'), []));
  await check('types of the page', () => run(bin('tsc'), ['-p', 'mesh/dashboard/page']));
  // What they are made of is installed by who measures them.
  if (['node_modules', 'prisma/generated'].every((made) => existsSync(join(repository, 'bench/peers', made))))
    await check('types of the peers', () => run(bin('tsc'), ['-p', 'bench/peers', '--noEmit']));
  await check('Biome', () => run(bin('biome'), ['check', '--error-on-warnings', '--colors=off', '.']));
  await check('buf lint', () => run(bin('buf'), ['lint']));
  await check('buf breaking', bufBreaking);
  await check('renderings', () => run(bin('node'), ['mesh/render/main.ts', '--check']));
  await check('dependency direction', () => run(bin('node'), ['mesh/local/check-dependencies.ts']));
} finally {
  rmSync(scratch, { recursive: true });
}
process.exitCode = failures.length === 0 ? 0 : 1;

async function check(name: string, action: () => Promise<string | undefined>): Promise<void> {
  try {
    await steps.run(name, action);
  } catch (error) {
    failures.push(name);
    steps.print((error as Error).message.trimEnd().replace(/^/gm, '    '));
  }
}

/** Generates into a folder of its own, and compares. */
async function generatedCode(): Promise<undefined> {
  await run(bin('node'), ['mesh/contracts/generate.ts', scratch]);
  for (const folder of ['kreki', 'google', 'grpc', 'opentelemetry']) {
    const [fresh, committed] = [join(scratch, 'gen', folder), join(repository, 'gen', folder)];
    for (const path of [fresh, committed]) mkdirSync(path, { recursive: true });
    await run('diff', ['-rq', committed, fresh]).catch((error) => {
      throw new Error(`gen/ is not what proto/ generates; npm run generate mends it:\n${error.message}`);
    });
  }
}

/** Against the last commit on main; on main itself, once everything is committed, against the one before. */
async function bufBreaking(): Promise<string> {
  const base = await findBase();
  const contracts = base && (await git('ls-tree', '-r', '--name-only', base, '--', 'proto').catch(() => ''));
  if (!base || !contracts?.includes('.proto')) return 'no earlier contract';
  const folder = join(scratch, 'base');
  const archive = join(scratch, 'base.tar');
  mkdirSync(folder);
  await git('archive', '--output', archive, base, 'proto', 'buf.yaml');
  await run('tar', ['-xf', archive, '-C', folder]);
  const thirdParty = join(dataFolder, 'contracts');
  if (existsSync(thirdParty)) cpSync(thirdParty, join(folder, '.kreki/contracts'), { recursive: true });
  await run(bin('buf'), ['breaking', '--against', folder]);
  return `against ${base.slice(0, 10)}`;
}

async function findBase(): Promise<string | undefined> {
  const resolve = (ref: string) => git('rev-parse', '-q', '--verify', `${ref}^{commit}`).catch(() => undefined);
  const head = await resolve('HEAD');
  const main = (await resolve('origin/main')) ?? (await resolve('main')) ?? head;
  const changed = await git('status', '--porcelain', '--', 'proto');
  return main === head && changed === '' ? resolve('HEAD~1') : main;
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd: repository });
  return stdout.trim();
}

/** @throws Error with what the command printed */
async function run(file: string, args: readonly string[]): Promise<undefined> {
  await promisify(execFile)(file, args, { cwd: repository, maxBuffer: 64 * 1024 * 1024 }).catch((error) => {
    throw new Error(`${error.stdout ?? ''}${error.stderr ?? ''}` || error.message);
  });
}
