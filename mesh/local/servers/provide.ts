/** Providing the three servers: from the environment, else from this machine, else from packages, else from containers. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeServerFolder, serverUser } from '../folders.ts';
import { type Probe, waitHealthy } from '../health.ts';
import type { ServerPorts } from '../ports.ts';
import type { Processes, ProcessSpec } from '../processes.ts';
import type { Secrets } from '../secrets.ts';
import type { Steps } from '../steps.ts';
import { composeProcess, hasCompose, writeComposeFile } from './compose.ts';
import { findInstaller, install } from './debian.ts';
import { nats } from './nats.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import type { Accounts, Installation, Server, ServerName } from './server.ts';
import { secretOf } from './users.ts';

const all: readonly Server[] = [postgres, nats, redis];

/** Those that the environment does not name, so that private instances take their place. */
export function privateServers(env: NodeJS.ProcessEnv, prefix: '' | 'TEST_' = ''): ServerName[] {
  return all.filter((server) => !env[prefix + server.variable]).map((server) => server.name);
}

/** Asks each server whether it can serve. */
export function serverProbes(urls: ServerUrls): Record<ServerName, Probe> {
  return Object.fromEntries(all.map(({ name, probe }) => [name, probe(urls[name])])) as Record<ServerName, Probe>;
}

/** An image may have to be fetched first. In milliseconds. */
const pullPatience = 600_000;

/** Each server's URL, as its administrator. */
export type ServerUrls = Readonly<Record<ServerName, string>>;

export interface ProvideOptions {
  /** The mesh's own data folder: `.kreki`, or that of a test run. */
  readonly folder: string;
  readonly disposable: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Prefix of the variables that name existing servers: '' or 'TEST_'. */
  readonly prefix: '' | 'TEST_';
  readonly ports: ServerPorts;
  readonly processes: Processes;
  readonly secrets: Secrets;
  readonly steps: Steps;
}

export async function provide(options: ProvideOptions): Promise<ServerUrls> {
  const urls: Partial<Record<ServerName, string>> = {};
  const wanted: Server[] = [];
  for (const server of all) {
    const given = options.env[options.prefix + server.variable];
    if (given) {
      urls[server.name] = given;
      const { host } = new URL(given);
      await options.steps.run(server.title, async () => `${host} (${options.prefix}${server.variable})`);
    } else wanted.push(server);
  }
  if (wanted.length > 0) Object.assign(urls, await startPrivate(wanted, options));
  return urls as ServerUrls;
}

/** Everything that a server wrote below `folder`. */
export function removeServerData(folder: string): void {
  const link = join(folder, 'servers');
  rmSync(makeServerFolder(link, serverUser()), { recursive: true, force: true });
  rmSync(link, { recursive: true, force: true });
}

async function startPrivate(wanted: readonly Server[], options: ProvideOptions): Promise<Partial<ServerUrls>> {
  const found = await locate(wanted);
  const missing = wanted.filter((server) => !found.has(server.name));
  if (missing.length > 0) await installPackages(missing, found, options.steps);
  const absent = wanted.filter((server) => !found.has(server.name));
  if (absent.length > 0 && !(await hasCompose())) throw new Error(missingMessage(absent, options.prefix));

  const user = serverUser();
  const folder = makeServerFolder(join(options.folder, 'servers'), user);
  const accountsOf = ({ name }: Server): Accounts => ({
    password: options.secrets.password(name),
    passwordOf: (user) => options.secrets.password(secretOf(name, user)),
  });
  const portOf = (server: Server) => options.ports[server.name].number;
  const urlOf = (server: Server) => server.url(portOf(server), accountsOf(server).password);
  const prepare = (server: Server): Promise<ProcessSpec> | ProcessSpec => {
    const installation = found.get(server.name);
    if (!installation) return composeProcess(options.folder, server.name, options.env);
    const { disposable } = options;
    return server.prepare(installation, { folder, port: portOf(server), user, disposable, ...accountsOf(server) });
  };
  if (absent.length > 0) {
    const containers = absent.map((server) => ({ server, port: portOf(server), ...accountsOf(server) }));
    writeComposeFile(options.folder, containers);
  }
  await Promise.all(
    wanted.map((server) =>
      options.steps.run(found.get(server.name)?.title ?? `${server.title} (container)`, async () => {
        const spec = await prepare(server);
        for (const process of options.processes.start([spec])) {
          await waitHealthy(process, server.probe(urlOf(server)), found.has(server.name) ? 60_000 : pullPatience);
        }
        return `127.0.0.1:${portOf(server)}`;
      }),
    ),
  );
  return Object.fromEntries(wanted.map((server) => [server.name, urlOf(server)]));
}

async function locate(servers: readonly Server[]): Promise<Map<ServerName, Installation>> {
  const found = new Map<ServerName, Installation>();
  for (const server of servers) {
    const installation = await server.locate();
    if (installation) found.set(server.name, installation);
  }
  return found;
}

async function installPackages(
  missing: readonly Server[],
  found: Map<ServerName, Installation>,
  steps: Steps,
): Promise<void> {
  const prefix = await findInstaller();
  if (!prefix) return;
  const names = missing.map((server) => server.name);
  await steps.run('Debian packages', () => install(names, prefix));
  for (const [name, installation] of await locate(missing)) found.set(name, installation);
}

export function missingMessage(absent: readonly Server[], prefix: string): string {
  const lines = absent.map((server) => `  ${server.requirement}, or set ${prefix}${server.variable}`);
  return [
    'These servers are needed and were not found:',
    ...lines,
    'On Debian: apt-get install postgresql postgresql-15-postgis-3 nats-server redis-server',
    'Or start a docker engine with the compose plugin, and they run in containers.',
  ].join('\n');
}
