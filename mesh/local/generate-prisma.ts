/** Generates the Prisma client of each service, or of those named, whose schema changed since its client was generated. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Steps } from './steps.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const wanted = process.argv.slice(2);
const services = wanted.length > 0 ? wanted : ['*'];
const schemas = globSync(
  services.map((name) => `services/${name}/prisma/schema.prisma`),
  { cwd: repository },
);
const stale = schemas.filter((schema) => {
  const stamp = stampOf(schema);
  return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint(schema);
});

if (stale.length > 0) {
  const steps = new Steps();
  const names = stale.map((schema) => schema.split('/')[1]).join(', ');
  await steps.run('Prisma clients', async () => {
    for (const schema of stale) await generate(schema);
    return names;
  });
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

async function generate(schema: string): Promise<void> {
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
