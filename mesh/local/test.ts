/**
 * `npm test [-- words]`: every test, on servers of its own that begin empty. Words narrow it to files whose path contains one
 * of them; words that begin with `-` go to `node --test`. Files named `*.alone.test.ts` start a whole mesh: they run when all others are
 * done, and may take longer.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { dataFolder, repository } from './folders.ts';
import { provideIdentities } from './identities.ts';
import { Processes } from './processes.ts';
import { makeRunFolder, removeRunFolder } from './run-folder.ts';
import { Secrets } from './secrets.ts';
import { provide } from './servers/provide.ts';
import { Steps } from './steps.ts';
import { dieWithParent } from './supervised-process.ts';
import { readTestPorts } from './test-ports.ts';
import { selectTests } from './test-selection.ts';

const all = globSync('{gateway,mesh,services,apps,bench}/**/*.test.ts', {
  cwd: repository,
  exclude: (path) => /(^|\/)node_modules(\/|$)/.test(path),
});
const { files, options } = selectTests(all, process.argv.slice(2));
if (files.length === 0) {
  console.error('✗ no test file matches');
  process.exit(1);
}

const folder = await makeRunFolder(join(dataFolder, 'test'));
const steps = new Steps();
const processes = new Processes({ folder, onEnd: (name, reason) => steps.print(`! ${name} ended (${reason})`) });
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort());
process.on('disconnect', () => interrupt.abort());

process.exitCode = await runAll().catch((error) => {
  if (!interrupt.signal.aborted) console.error(`\n✗ ${error.message}\n`);
  return 1;
});
await processes.stop();
removeRunFolder(folder);
process.exit();

async function runAll(): Promise<number> {
  const urls = await provide({
    folder,
    disposable: true,
    env: process.env,
    prefix: 'TEST_',
    ports: await readTestPorts(process.env),
    processes,
    secrets: new Secrets(folder),
    steps,
  });
  if (interrupt.signal.aborted) return 130;
  await provideIdentities(folder, (line) => steps.print(line));
  const env = {
    ...process.env,
    TEST_POSTGRES_URL: urls.postgres,
    TEST_NATS_URL: urls.nats,
    TEST_REDIS_URL: urls.redis,
    TEST_IDENTITIES: join(folder, 'identities'),
  };
  const alone = files.filter((name) => name.endsWith('.alone.test.ts'));
  const others = files.filter((name) => !alone.includes(name));
  const codes = [await runFiles(others, 2, 120_000, env), await runFiles(alone, 1, 600_000, env)];
  return codes.find((code) => code !== 0) ?? 0;
}

/** @param limitMs How long one file may take. */
async function runFiles(
  some: readonly string[],
  atOnce: number,
  limitMs: number,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  if (some.length === 0 || interrupt.signal.aborted) return 0;
  const args = [
    '--test',
    `--test-concurrency=${atOnce}`,
    `--test-timeout=${limitMs}`,
    '--test-reporter=spec',
    ...options,
    ...some,
  ];
  const { file, args: words } = dieWithParent({ command: process.execPath, args });
  const child = spawn(file, words, { cwd: repository, env, stdio: 'inherit' });
  interrupt.signal.addEventListener('abort', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 1)));
  });
}
