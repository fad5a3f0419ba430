/** Bringing up a whole mesh in a data folder: servers, databases, processes. */
import { callerNames, type ServiceName, serviceNames } from '../topology.ts';
import { buildPage } from './build-page.ts';
import { type Environment, serviceEnvironment } from './environment.ts';
import { provideIdentities } from './identities.ts';
import type { Mesh } from './mesh.ts';
import { migrateDatabases } from './migrate.ts';
import { type Node, type Program, startNodes } from './nodes.ts';
import type { Ports } from './ports.ts';
import type { Processes } from './processes.ts';
import { Secrets } from './secrets.ts';
import { createDatabases } from './servers/databases.ts';
import { privateServers, provide, type ServerUrls } from './servers/provide.ts';
import type { Steps } from './steps.ts';
import { describeSurroundings } from './surroundings.ts';

export interface BringUpOptions {
  /** Holds the mesh's data, secrets and logs. */
  readonly folder: string;
  /** What processes inherit; servers that it names are used instead of private ones. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether the data may be thrown away. */
  readonly disposable: boolean;
  readonly ports: Ports;
  readonly processes: Processes;
  readonly steps: Steps;
  /** Whether the dashboard runs too, and takes everybody's telemetry. */
  readonly dashboard?: boolean;
  /** Has the last word on what a process is told. */
  readonly adapt?: (process: string, environment: Environment) => Environment;
  /** The program of a process, and where it runs; this clone's when not given. */
  readonly program?: (process: string, entry: string) => Program;
}

export interface BroughtUp {
  readonly mesh: Mesh;
  /** Each server as its administrator. */
  readonly urls: ServerUrls;
  readonly databaseUrls: Readonly<Record<ServiceName, string>>;
  /** Simulators, services and gateway. */
  readonly nodes: readonly Node[];
}

/** Resolves when everything is healthy. */
export async function bringUp(options: BringUpOptions): Promise<BroughtUp> {
  const { folder, env, disposable, ports, processes, steps } = options;
  const secrets = new Secrets(folder);
  const page = options.dashboard ? buildPage(steps) : undefined;
  const urls = await provide({
    folder,
    disposable,
    env,
    prefix: '',
    ports: ports.servers,
    processes,
    secrets,
    steps,
  });
  const databases = await steps.run(
    'databases',
    () => createDatabases(urls.postgres, secrets, privateServers(env).includes('postgres')),
    ({ service }) => Object.keys(service).join(', '),
  );
  await steps.run(
    'certificates',
    () => provideIdentities(folder, (line) => steps.print(line)),
    () => callerNames.join(', '),
  );
  const databaseUrls = databases.service;
  const surroundings = describeSurroundings(folder, ports, urls, databaseUrls, secrets, env);
  await migrateDatabases(surroundings, databases.owner, options);
  await page;
  const nodes = await startNodes(surroundings, options);
  const mesh: Mesh = {
    edgeUrl: `http://127.0.0.1:${ports.http.number}`,
    h2cUrl: `http://127.0.0.1:${ports.h2c.number}`,
    simulatorsUrl: `http://127.0.0.1:${ports.simulators.number}`,
    ...(options.dashboard && {
      dashboardUrl: `http://127.0.0.1:${ports.dashboard.number}/#key=${surroundings.operator.dashboardKey}`,
    }),
    databaseUrls,
    environments: Object.fromEntries(
      serviceNames.map((name) => [name, serviceEnvironment(name, surroundings)]),
    ) as Record<ServiceName, Environment>,
    dataFolder: folder,
    log: (line) => steps.print(line),
  };
  return { mesh, urls, databaseUrls, nodes };
}
