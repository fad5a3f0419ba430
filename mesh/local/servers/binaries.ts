/** Finding a server's programs on this machine. */
import { execFile } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** PATH, and where Debian keeps servers that an ordinary PATH lacks; the newest PostgreSQL first. */
export function searchPath(env: NodeJS.ProcessEnv = process.env): string[] {
  const path = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const versioned = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return [...new Set([...path, ...versioned, '/usr/sbin', '/usr/local/sbin'])];
}

/** The first folder that holds all of the programs. */
export function findFolder(programs: readonly string[], folders = searchPath()): string | undefined {
  return folders.find((folder) => programs.every((program) => isExecutable(join(folder, program))));
}

/** First dotted number in what a program says of its version. */
export function parseVersion(output: string): string {
  return /\d+(\.\d+)+/.exec(output)?.[0] ?? 'unknown';
}

export async function versionOf(program: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(program, ['--version']);
  return parseVersion(stdout || stderr);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
