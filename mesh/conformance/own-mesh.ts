/** A whole mesh for one test or tool: what `npm start` runs, with a folder and ports that nobody else has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bringUp } from '../local/bring-up.ts';
import { dataFolder } from '../local/folders.ts';
import type { Account, Mesh } from '../local/mesh.ts';
import { type Port, type Ports, readPorts } from '../local/ports.ts';
import { Processes } from '../local/processes.ts';
import { makeRunFolder, removeRunFolder } from '../local/run-folder.ts';
import { seed } from '../local/seed.ts';
import { Steps } from '../local/steps.ts';
import { findFreePort } from '../runtime/testing/free-port.ts';

export interface OwnMesh extends Mesh {
  readonly ports: Ports;
  readonly accounts: readonly Account[];
  /** Processes that ended unasked, and why. */
  readonly ended: readonly string[];
  /** Process ids by name, as they are now. */
  processes(): ReadonlyMap<string, number>;
  /** What a process has logged. */
  logOf(process: string): string;
  stop(): Promise<void>;
}

/** @param settings of the mesh's processes, such as `DISPATCH_OFFER_TIMEOUT`; they win over what the launcher gives */
export async function startOwnMesh(settings: Readonly<Record<string, string>> = {}): Promise<OwnMesh> {
  const folder = await makeRunFolder(join(dataFolder, 'conformance'));
  const ended: string[] = [];
  const processes = new Processes({ folder, onEnd: (name, reason) => ended.push(`${name} (${reason})`) });
  const stop = async () => {
    await processes.stop();
    removeRunFolder(folder);
  };
  try {
    const ports = readPorts(await freePorts());
    const adapt = (_: string, environment: Record<string, string>) => ({ ...environment, ...settings });
    const { mesh } = await bringUp({
      folder,
      env: withoutServers(process.env),
      disposable: true,
      ports,
      processes,
      steps: new Quiet(),
      adapt,
    });
    const accounts = await seed(mesh);
    return {
      ...mesh,
      ports,
      accounts,
      ended,
      processes: () => readProcesses(folder),
      logOf: (name) => readFileSync(processes.logFile(name), 'utf8'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Process ids by name of the mesh in a data folder. */
export function readProcesses(folder: string): ReadonlyMap<string, number> {
  const record: Record<string, { pid: number }> = JSON.parse(readFileSync(join(folder, 'processes.json'), 'utf8'));
  return new Map(Object.entries(record).map(([name, { pid }]) => [name, pid]));
}

/** A mesh of one's own has servers of its own. */
const withoutServers = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(POSTGRES|NATS|REDIS)_URL$/.test(name)));

/** A free port for each of the launcher's, by its variable. */
async function freePorts(): Promise<Record<string, string>> {
  const { services, servers, ...others } = readPorts({});
  const ports: Port[] = [...Object.values(others), ...Object.values(services), ...Object.values(servers)];
  const free = new Set<number>();
  while (free.size < ports.length) free.add(await findFreePort());
  return Object.fromEntries([...free].map((number, index) => [ports[index]?.variable, String(number)]));
}

/** Says nothing while all goes well. */
class Quiet extends Steps {
  override run<Result>(_name: string, action: () => Promise<Result>): Promise<Result> {
    return action();
  }

  override print(): void {}
}
