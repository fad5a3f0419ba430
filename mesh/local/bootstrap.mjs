/**
 * The first thing every npm script runs. It may be any Node from 18 on and finds nothing installed, so this file is plain
 * JavaScript without dependencies: it installs the locked packages, generates the Prisma clients, and hands over to the
 * pinned Node.
 *
 *   node mesh/local/bootstrap.mjs start|test|check [arguments]
 *   node mesh/local/bootstrap.mjs run <script.ts> [arguments]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const pinnedNode = join(repository, 'node_modules/.bin/node');
const stamp = join(repository, 'node_modules/.kreki-lock');
/** Where modules are kept as compiled, types stripped, for every process that loads them again: it takes 40 % less processor time. */
const compiled = process.env.NODE_COMPILE_CACHE ?? join(repository, '.kreki/compiled');
const scripts = { start: 'mesh/local/start.ts', test: 'mesh/local/test.ts', check: 'mesh/local/check.ts' };

const [command = '', ...rest] = process.argv.slice(2);
const [script, args] = command === 'run' ? [rest[0], rest.slice(1)] : [scripts[command], rest];
if (script === undefined) {
  console.error('usage: node mesh/local/bootstrap.mjs start|test|check [arguments], or: run <script.ts> [arguments]');
  process.exit(2);
}

await installDependencies();
const generated = await runPinned('mesh/local/generate-prisma.ts', []);
process.exit(generated === 0 ? await runPinned(script, args) : generated);

async function installDependencies() {
  const lock = readFileSync(join(repository, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lock).digest('hex');
  if (existsSync(pinnedNode)) {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
    if (matchesInstalled(JSON.parse(lock))) return writeFileSync(stamp, hash);
  }
  console.log('… installing the locked dependencies (about a minute)');
  const started = performance.now();
  await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, hash);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`✓ ${'dependencies'.padEnd(28)} ${'npm ci'.padEnd(40)} ${seconds} s`);
}

/** Somebody may have run npm by hand: what npm recorded as installed is then compared with the lock, package by package. */
function matchesInstalled(lock) {
  const record = join(repository, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(lock.packages).every(
    ([path, entry]) =>
      !path.includes('node_modules/') || entry.optional || entry.link || installed[path]?.version === entry.version,
  );
}

async function npm(args) {
  const cli = process.env.npm_execpath;
  const [file, prefix] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const child = spawn(file, [...prefix, ...args], { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await exitCode(child);
  if (code === 0) return;
  console.error(`✗ npm ${args.join(' ')} failed:\n${output}`);
  process.exit(code);
}

function runPinned(file, args) {
  // The channel lets the launcher notice that this process was killed, and stop the mesh.
  const child = spawn(pinnedNode, [join(repository, file), ...args], {
    cwd: repository,
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  return exitCode(child);
}

/** Exit code of a child as a shell gives it; signals to this process go to the child, which decides when to end. */
function exitCode(child) {
  const forward = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  const watch = whenOrphaned(() => forward('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`✗ ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      clearInterval(watch);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** A killed npm cannot pass on a signal; without it nobody could stop the mesh by the command that started it. */
function whenOrphaned(action) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  return setInterval(() => process.ppid !== parent && action(), 500).unref();
}
