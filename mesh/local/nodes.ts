/** The mesh's own processes: simulators, services and the gateway, each as something to start and to ask for its health. */
import { join } from 'node:path';
import { dashboard, gateway, serviceNames, services, simulators } from '../topology.ts';
import {
  dashboardEnvironment,
  type Environment,
  gatewayEnvironment,
  inheritedEnvironment,
  type Surroundings,
  serviceEnvironment,
  simulatorsEnvironment,
  telemetryEnvironment,
} from './environment.ts';
import { repository } from './folders.ts';
import { grpcHealth, httpHealth, type Probe, waitHealthy } from './health.ts';
import type { Processes, ProcessSpec } from './processes.ts';
import type { Steps } from './steps.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** A process of the mesh's own that runs. */
export interface Node {
  readonly process: SupervisedProcess;
  readonly probe: Probe;
}

interface Planned {
  readonly spec: ProcessSpec;
  readonly probe: Probe;
  /** Where it answers, as shown to a person. */
  readonly address: string;
}

export interface NodesOptions {
  /** What processes inherit. */
  readonly env: NodeJS.ProcessEnv;
  readonly processes: Processes;
  readonly steps: Steps;
  /** Whether the dashboard runs too, and takes everybody's telemetry. */
  readonly dashboard?: boolean | undefined;
  /** Has the last word on what a process is told. */
  readonly adapt?: ((process: string, environment: Environment) => Environment) | undefined;
  /** The program of a process, and where it runs; this clone's when not given. */
  readonly program?: ((process: string, entry: string) => Program) | undefined;
}

/** What Node.js is given, and the folder that it runs in. */
export interface Program {
  readonly args: readonly string[];
  readonly cwd: string;
}

/**
 * What Node.js is given for a process of the mesh, as the Dockerfile gives it. Room for what is young: with the usual 16 MB much of a full
 * load's work outlives a collection, and is copied by it.
 */
export const NODE_FLAGS = ['--max-semi-space-size=64'] as const;

export const fromThisClone = (_process: string, entry: string): Program => ({
  args: [...NODE_FLAGS, join(repository, entry)],
  cwd: repository,
});

/** Starts all kinds at once, and returns when all are healthy. They are stopped gateway first. */
export async function startNodes(from: Surroundings, options: NodesOptions): Promise<Node[]> {
  const inherited = {
    ...(options.dashboard && telemetryEnvironment(from.ports)),
    ...inheritedEnvironment(options.env),
  };
  const { adapt = (_, environment) => environment, program = fromThisClone } = options;
  const { ports } = from;
  const operator = from.identityFolder('operator');
  const node = (name: string, entry: string, told: Environment, port: number, probe: Probe): Planned => {
    const env = adapt(name, { ...inherited, ...told });
    return {
      spec: {
        name,
        command: join(repository, 'node_modules/.bin/node'),
        env,
        // Asks it to end at once; SIGTERM is for one that another instance takes over from.
        stopSignal: 'SIGINT',
        ...(isReplaceable(name) && { sockets: socketsOf(env) }),
        ...program(name, entry),
      },
      probe,
      address: `127.0.0.1:${port}`,
    };
  };
  const { number: http } = ports.http;
  const { number: simulated } = ports.simulators;
  const { number: page } = ports.dashboard;
  const layers: Planned[][] = [
    [
      node(
        'simulators',
        simulators.entry,
        simulatorsEnvironment(from),
        simulated,
        httpHealth(`http://127.0.0.1:${simulated}/healthz`),
      ),
      ...(options.dashboard
        ? [
            node(
              'dashboard',
              dashboard.entry,
              dashboardEnvironment(from),
              page,
              httpHealth(`http://127.0.0.1:${page}/healthz`),
            ),
          ]
        : []),
    ],
    serviceNames.map((name) => {
      const { number } = ports.services[name];
      return node(
        name,
        services[name].entry,
        serviceEnvironment(name, from),
        number,
        grpcHealth(name, number, operator),
      );
    }),
    [node('gateway', gateway.entry, gatewayEnvironment(from), http, httpHealth(`http://127.0.0.1:${http}/readyz`))],
  ];
  const started = await Promise.all(layers.map((layer) => startLayer(layer, options)));
  return started.flat();
}

/** Variables that name a port, beside those that take a socket in its place. */
const LISTENS: Readonly<Record<string, string>> = {
  SERVICE_PORT: 'SERVICE_PORT_FD',
  HTTP_PORT: 'HTTP_PORT_FD',
  H2C_PORT: 'H2C_PORT_FD',
};

/** Services and the edge, of which two instances may run side by side while one takes over. */
const isReplaceable = (name: string) => name === 'gateway' || name in services;

function socketsOf(env: Environment): NonNullable<ProcessSpec['sockets']> {
  const host = env.SERVICE_HOST ?? '127.0.0.1';
  const found = Object.entries(LISTENS).flatMap(([variable, descriptor]) =>
    env[variable] ? [[descriptor, { host, port: Number(env[variable]) }] as const] : [],
  );
  return Object.fromEntries(found);
}

async function startLayer(layer: readonly Planned[], { processes, steps }: NodesOptions): Promise<Node[]> {
  const started = processes.start(layer.map(({ spec }) => spec));
  return Promise.all(
    layer.map(async ({ probe, address }, index) => {
      const process = started[index] as SupervisedProcess;
      await steps.run(process.spec.name, () => waitHealthy(process, probe).then(() => address));
      return { process, probe };
    }),
  );
}
