/** PostgreSQL's own load generator (Debian: postgresql-contrib) with a statement of the mesh's: what the database gives without anything in front. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Outcome } from '../generator/order.ts';
import { Latencies } from '../harness/latencies.ts';

const run = promisify(execFile);

export interface Script {
  /** SQL with a value of pgbench in place of each `$n`. */
  readonly sql: string;
  /** Lines of pgbench before it, such as `\set n random(1, 10)`. */
  readonly set?: readonly string[];
  /** Texts that the SQL names as `:name`. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface PgbenchOptions {
  readonly url: string;
  readonly script: Script;
  readonly connections: number;
}

/** Whether it is installed. */
export const hasPgbench = (): Promise<boolean> =>
  run('pgbench', ['--version']).then(
    () => true,
    () => false,
  );

/** Puts an expression in place of each `$n` of a statement: the first for `$1`. */
export function withValues(text: string, values: readonly string[]): string {
  return text.replace(/\$(\d+)/g, (placeholder, position: string) => {
    const value = values[Number(position) - 1];
    if (value === undefined) throw new Error(`no value for ${placeholder}`);
    return value;
  });
}

/** @param perSecond transactions begun a second, each measured from its intended moment; as many as go when not given */
export async function pgbench(options: PgbenchOptions, seconds: number, perSecond?: number): Promise<Outcome> {
  const { url, script, connections } = options;
  const { hostname, port, username, password, pathname } = new URL(url);
  // It takes whole seconds only.
  const wholeSeconds = Math.ceil(seconds);
  const folder = mkdtempSync(join(tmpdir(), 'kreki-pgbench-'));
  try {
    const file = join(folder, 'script.sql');
    writeFileSync(file, [...(script.set ?? []), `${script.sql.replace(/\s+/g, ' ')};`].join('\n'));
    const variables = Object.entries(script.variables ?? {}).flatMap(([name, value]) => ['-D', `${name}=${value}`]);
    const args = [
      ...['-h', hostname, '-p', port, '-U', decodeURIComponent(username), '-n', '-M', 'prepared', '-f', file],
      ...['-c', String(connections), '-j', '2', '-T', String(wholeSeconds), ...variables],
      ...(perSecond ? ['-R', String(perSecond), '-l', '--log-prefix', join(folder, 'log')] : []),
      pathname.slice(1),
    ];
    const { stdout, stderr } = await run('pgbench', args, {
      env: { ...process.env, PGPASSWORD: decodeURIComponent(password) },
      maxBuffer: 16 * 1024 * 1024,
    });
    const outcome = readOutput(stdout);
    if (!outcome) throw new Error(`what pgbench said cannot be read: ${stdout}${stderr}`);
    return perSecond ? { ...outcome, latency: readLogs(folder) } : outcome;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What it prints at its end; the rate is without the time that connecting took. */
export function readOutput(text: string): Outcome | undefined {
  const calls = Number(/transactions actually processed: (\d+)/.exec(text)?.[1] ?? Number.NaN);
  const perSecond = Number(/^tps = ([\d.]+)/m.exec(text)?.[1] ?? Number.NaN);
  const failed = Number(/failed transactions: (\d+)/.exec(text)?.[1] ?? 0);
  if (!(calls > 0) || !(perSecond > 0)) return undefined;
  const errors: Record<string, number> = failed > 0 ? { 'failed transactions': failed } : {};
  return { calls, errors, seconds: calls / perSecond, cpuSeconds: 0 };
}

/** Third field: microseconds from the intended moment to the end. */
function readLogs(folder: string) {
  const latencies = new Latencies();
  for (const name of readdirSync(folder).filter((each) => each.startsWith('log'))) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const micros = Number(line.split(' ')[2]);
      if (micros > 0) latencies.record(micros / 1_000);
    }
  }
  return latencies.summary();
}
