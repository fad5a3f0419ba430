/** Prisma clients made from schemas, without anything being downloaded. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './folders.ts';

/** Whether the client of a schema is missing, or was made from another one. Paths are relative to the repository. */
export function isStale(schema: string): boolean {
  const stamp = stampOf(schema);
  return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint(schema);
}

/** @throws Error with what the generator printed */
export async function generateClient(schema: string): Promise<void> {
  const env = {
    ...process.env,
    // The client needs no schema engine, yet the CLI would download one; naming any executable keeps it offline.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  const cli = join(repository, 'node_modules/prisma/build/index.js');
  const args = [cli, 'generate', '--no-hints', '--schema', join(repository, schema)];
  await promisify(execFile)(process.execPath, args, { cwd: repository, env }).catch((error) => {
    throw new Error(`prisma generate failed for ${schema}:\n${error.stdout}${error.stderr}`);
  });
  writeFileSync(stampOf(schema), fingerprint(schema));
}

function stampOf(schema: string): string {
  return join(repository, dirname(schema), 'generated/.schema-hash');
}

function fingerprint(schema: string): string {
  const { version } = JSON.parse(readFileSync(join(repository, 'node_modules/prisma/package.json'), 'utf8'));
  return createHash('sha256')
    .update(version)
    .update(readFileSync(join(repository, schema)))
    .digest('hex');
}
