/** Bringing each service's schema up to date as the owner of its database, which the service itself is not. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { isMigrated } from '../runtime/database/migrations.ts';
import { type ServiceName, serviceNames, services } from '../topology.ts';
import { inheritedEnvironment, type Surroundings, serviceEnvironment } from './environment.ts';
import { repository } from './folders.ts';
import { fromThisClone, type NodesOptions, type Program } from './nodes.ts';

/** A short run of each service whose database lacks a migration: it knows what code does to data in between. */
export async function migrateDatabases(
  from: Surroundings,
  ownerUrls: Readonly<Record<ServiceName, string>>,
  { env, adapt = (_, environment) => environment, program = fromThisClone, steps }: NodesOptions,
): Promise<void> {
  const lacking = await Promise.all(serviceNames.map((name) => lacksMigration(name, ownerUrls[name])));
  const due = serviceNames.filter((_, index) => lacking[index]);
  if (due.length === 0) return;
  await steps.run('migrations', async () => {
    const inherited = inheritedEnvironment(env);
    await Promise.all(
      due.map((name) => {
        const own = adapt(name, { ...inherited, ...serviceEnvironment(name, from) });
        const asOwner = { ...own, DATABASE_URL: ownerUrls[name], MIGRATE_ONLY: 'true' };
        return run(name, program(name, services[name].entry), asOwner);
      }),
    );
    return due.join(', ');
  });
}

async function lacksMigration(name: ServiceName, url: string | undefined): Promise<boolean> {
  const folder = join(repository, 'services', name, 'prisma/migrations');
  return url !== undefined && existsSync(folder) && !(await isMigrated(url, pathToFileURL(folder)));
}

/** @throws Error with what the service printed. */
async function run(name: ServiceName, { args, cwd }: Program, env: Record<string, string>): Promise<void> {
  const node = join(repository, 'node_modules/.bin/node');
  await promisify(execFile)(node, args, { cwd, env }).catch((error) => {
    throw new Error(`${name} could not migrate its database:\n${error.stdout}${error.stderr}`.trimEnd());
  });
}
