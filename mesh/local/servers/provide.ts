/** Providing the three servers: from the environment, else from this machine, else from packages, else from containers. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeServerFolder, serverUser } from '../folders.ts';
import { waitHealthy } from '../health.ts';
import type { Port, ServerPorts } from '../ports.ts';
import type { Processes, ProcessSpec } from '../processes.ts';
import type { Secrets } from '../secrets.ts';
import type { Steps } from '../steps.ts';
import { composeProcesses, hasCompose } from './compose.ts';
import { findInstaller, install } from './debian.ts';
import { nats } from './nats.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';
import type { Installation, Server, ServerName } from './server.ts';

const all: readonly Server[] = [postgres, nats, redis];

/** Those that the environment does not name, so that private instances take their place. */
export function privateServers(env: NodeJS.ProcessEnv, prefix: '' | 'TEST_' = ''): ServerName[] {
  return all.filter((server) => !env[prefix + server.variable]).map((server) => server.name);
}

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
      await options.steps.run(server.title, async () => `${options.prefix}${server.variable} (${new URL(given).host})`);
    } else wanted.push(server);
  }
  const runs = wanted.length > 0 ? await findRuns(wanted, options) : [];
  const started = options.processes.start(runs.map((run) => run.spec));
  await Promise.all(
    runs.map(({ server, title, port, url }, index) =>
      options.steps.run(title, async () => {
        const process = started[index];
        if (process) await waitHealthy(process, server.probe(url));
        urls[server.name] = url;
        return `127.0.0.1:${port.number}`;
      }),
    ),
  );
  return urls as ServerUrls;
}

/** Everything that a server wrote below `folder`. */
export function removeServerData(folder: string): void {
  const link = join(folder, 'servers');
  rmSync(makeServerFolder(link, serverUser()), { recursive: true, force: true });
  rmSync(link, { recursive: true, force: true });
}

interface Run {
  readonly server: Server;
  readonly title: string;
  readonly port: Port;
  readonly url: string;
  readonly spec: ProcessSpec;
}

async function findRuns(wanted: readonly Server[], options: ProvideOptions): Promise<Run[]> {
  const found = await locate(wanted);
  const missing = wanted.filter((server) => !found.has(server.name));
  if (missing.length > 0) await installPackages(missing, found, options.steps);
  const absent = wanted.filter((server) => !found.has(server.name));
  const contained = absent.length > 0 && (await hasCompose());
  if (absent.length > 0 && !contained) throw new Error(missingMessage(absent, options.prefix));

  const describe = (server: Server) => {
    const password = options.secrets.password(server.name);
    const port = options.ports[server.name];
    return { server, port, password, url: server.url(port.number, password) };
  };
  const user = serverUser();
  const folder = makeServerFolder(join(options.folder, 'servers'), user);
  const native = wanted.flatMap((server) => {
    const installation = found.get(server.name);
    return installation ? [{ ...describe(server), installation }] : [];
  });
  const runs: Run[] = await Promise.all(
    native.map(async ({ installation, password, ...run }) => {
      const instance = { folder, port: run.port.number, password, user, disposable: options.disposable };
      return { ...run, title: installation.title, spec: await run.server.prepare(installation, instance) };
    }),
  );
  const containers = absent.map(describe);
  const specs = composeProcesses(
    options.folder,
    containers.map(({ server, port, password }) => ({ server, port: port.number, password })),
    { PATH: options.env.PATH ?? '', HOME: options.env.HOME ?? '' },
  );
  containers.forEach(({ password: _, ...run }, index) => {
    const spec = specs[index];
    if (spec) runs.push({ ...run, title: `${run.server.title} (container)`, spec });
  });
  return runs;
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
