/** The mesh's own processes: simulators, services and the gateway, each as something to start and to ask for its health. */
import { join } from 'node:path';
import { gateway, serviceNames, services, simulators } from '../topology.ts';
import {
  type Environment,
  gatewayEnvironment,
  inheritedEnvironment,
  type Surroundings,
  serviceEnvironment,
  simulatorsEnvironment,
} from './environment.ts';
import { repository } from './folders.ts';
import { grpcHealth, httpHealth, type Probe, waitHealthy } from './health.ts';
import type { Processes, ProcessSpec } from './processes.ts';
import type { Steps } from './steps.ts';

interface Node {
  readonly spec: ProcessSpec;
  readonly probe: Probe;
  /** Where it answers, as shown to a person. */
  readonly address: string;
}

/** Starts all three kinds at once, and returns when all are healthy. They are stopped gateway first. */
export async function startNodes(from: Surroundings, processes: Processes, steps: Steps): Promise<void> {
  const inherited = inheritedEnvironment(process.env);
  const { ports } = from;
  const node = (name: string, entry: string, env: Environment, port: number, probe: Probe): Node => ({
    spec: {
      name,
      command: join(repository, 'node_modules/.bin/node'),
      args: [join(repository, entry)],
      env: { ...inherited, ...env },
      cwd: repository,
    },
    probe,
    address: `127.0.0.1:${port}`,
  });
  const { number: http } = ports.http;
  const { number: simulated } = ports.simulators;
  const layers: Node[][] = [
    [
      node(
        'simulators',
        simulators.entry,
        simulatorsEnvironment(from),
        simulated,
        httpHealth(`http://127.0.0.1:${simulated}/healthz`),
      ),
    ],
    serviceNames.map((name) => {
      const { number } = ports.services[name];
      return node(name, services[name].entry, serviceEnvironment(name, from), number, grpcHealth(number));
    }),
    [node('gateway', gateway.entry, gatewayEnvironment(from), http, httpHealth(`http://127.0.0.1:${http}/readyz`))],
  ];
  await Promise.all(layers.map((layer) => startLayer(layer, processes, steps)));
}

async function startLayer(layer: readonly Node[], processes: Processes, steps: Steps): Promise<void> {
  const started = processes.start(layer.map((node) => node.spec));
  await Promise.all(
    started.map((process, index) =>
      steps.run(process.spec.name, async () => {
        const node = layer[index];
        if (node) await waitHealthy(process, node.probe);
        return node?.address;
      }),
    ),
  );
}
