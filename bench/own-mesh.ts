import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPortBlock } from '../mesh/chaos/environment/port-block.ts';
import { bringUp } from '../mesh/local/bring-up.ts';
import type { Environment } from '../mesh/local/environment.ts';
import { dataFolder } from '../mesh/local/folders.ts';
import type { Account, Mesh } from '../mesh/local/mesh.ts';
import type { Node } from '../mesh/local/nodes.ts';
import type { Ports } from '../mesh/local/ports.ts';
import { Processes } from '../mesh/local/processes.ts';
import { makeRunFolder, removeRunFolder } from '../mesh/local/run-folder.ts';
import { seed } from '../mesh/local/seed.ts';
import type { ServerUrls } from '../mesh/local/servers/provide.ts';
import { Steps } from '../mesh/local/steps.ts';
import { type Replica, startReplica } from './replicas.ts';

/** A seeded mesh that is one bench's alone. */
export interface OwnMesh {
  readonly folder: string;
  readonly mesh: Mesh;
  readonly ports: Ports;
  readonly accounts: readonly Account[];
  readonly nodes: readonly Node[];
  /** Each server as its administrator. */
  readonly urls: ServerUrls;
  /** Ids of all its processes by name, servers too, as they are now. */
  processes(): ReadonlyMap<string, number>;
  /** Where the inspector of a process listens once a SIGUSR1 has opened it. */
  inspectorPort(process: string): number;
  /** One more of the processes that a press and a search pass through; the first is number 2. */
  replicate(number: number): Promise<Replica>;
  stop(): Promise<void>;
}

export interface OwnMeshOptions {
  /** Whether the dashboard runs too, and takes everybody's telemetry. */
  readonly dashboard: boolean;
  /** Has the last word on what a process is told. */
  readonly adapt?: (ports: Ports) => (process: string, environment: Environment) => Environment;
  /** Done before its processes start, once its ports are known. */
  readonly prepare?: () => Promise<void>;
}

/** Starts a mesh on servers and ports of its own; what was started is stopped when the start fails. */
export async function startOwnMesh(name: string, { dashboard, adapt, prepare }: OwnMeshOptions): Promise<OwnMesh> {
  const folder = await makeRunFolder(join(dataFolder, `bench-${name}`));
  const processes = new Processes({
    folder,
    onEnd: (ended, reason) => console.log(`✗ ${name}: ${ended} ended: ${reason}`),
  });
  const stop = async () => {
    await processes.stop();
    removeRunFolder(folder);
  };
  try {
    const { ports, next } = await findPortBlock();
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/_URL$|^OTEL_/.test(key)));
    const adapted = adapt?.(ports);
    const inspectors = new Map<string, number>();
    await prepare?.();
    const up = await bringUp({
      folder,
      env: { ...env, LOG_LEVEL: 'info' },
      disposable: true,
      ports,
      processes,
      steps: new Steps(),
      dashboard,
      adapt: (process, environment) => {
        inspectors.set(process, next());
        const told = { ...environment, NODE_OPTIONS: `--inspect-port=127.0.0.1:${inspectors.get(process)}` };
        return adapted?.(process, told) ?? told;
      },
    });
    const accounts = await seed(up.mesh);
    writeFileSync(join(folder, 'accounts.json'), JSON.stringify(accounts), { mode: 0o600 });
    return {
      folder,
      mesh: up.mesh,
      ports,
      accounts,
      nodes: up.nodes,
      urls: up.urls,
      processes: () => readProcesses(folder),
      replicate: (number) =>
        startReplica(number, { folder, processes, nodes: up.nodes, nextPort: next, postgresUrl: up.urls.postgres }),
      inspectorPort: (process) => inspectors.get(process) ?? 0,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readProcesses(folder: string): ReadonlyMap<string, number> {
  const record: Record<string, { pid: number }> = JSON.parse(readFileSync(join(folder, 'processes.json'), 'utf8'));
  return new Map(Object.entries(record).map(([name, { pid }]) => [name, pid]));
}
