/** One run of the mesh, from its data folder to the drill. */
import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { serviceNames } from '../topology.ts';
import type { Arguments } from './arguments.ts';
import { bringUp } from './bring-up.ts';
import { type Control, startControl } from './control.ts';
import { dataFolder, repository } from './folders.ts';
import { lock, unlock } from './launcher-lock.ts';
import type { Account, Drill, Mesh, Seed } from './mesh.ts';
import { type Port, readPorts, requireFree } from './ports.ts';
import { Processes } from './processes.ts';
import { accountTable, addresses } from './report.ts';
import { restart } from './restart.ts';
import { writePrivate } from './secrets.ts';
import { removeContainers } from './servers/compose.ts';
import { dropDatabases } from './servers/databases.ts';
import { privateServers, removeServerData } from './servers/provide.ts';
import { Steps } from './steps.ts';

export class Launch {
  readonly processes: Processes;
  /** Whether everything is healthy; from then on a process that ends is news. */
  up = false;
  readonly #arguments: Arguments;
  readonly #steps = new Steps();
  #locked = false;
  #control: Control | undefined;

  constructor(wanted: Arguments) {
    this.#arguments = wanted;
    this.processes = new Processes({
      folder: dataFolder,
      onEnd: (name, reason, endsInARow) => this.#tell(name, reason, endsInARow),
    });
  }

  /** @returns whether the drill held its targets, or true when it was not wanted */
  async run(): Promise<boolean> {
    lock(dataFolder);
    this.#locked = true;
    const left = await this.processes.stopLeftovers();
    if (left.length > 0) this.#steps.print(`! ended what an earlier launcher left running: ${left.join(', ')}`);
    const ports = readPorts(process.env);
    const ownServers = privateServers(process.env);
    const { servers, services, ...others } = ports;
    const needed: Port[] = [...ownServers.map((name) => servers[name]), ...serviceNames.map((name) => services[name])];
    await requireFree([...needed, ...Object.values(others)]);
    if (this.#arguments.fresh) await this.#steps.run('empty data', emptyData);

    const { mesh } = await bringUp({
      folder: dataFolder,
      env: process.env,
      disposable: false,
      ports,
      processes: this.processes,
      steps: this.#steps,
      dashboard: true,
    });
    this.up = true;
    this.#control = await startControl(dataFolder, restart(this.processes));
    const accounts = await this.#seed(mesh);
    const { ok } = this.#arguments.drill ? await this.#drill(mesh, accounts) : { ok: true };
    this.#steps.print(`\n${addresses(mesh)}\n\n${accountTable(accounts)}`);
    return ok;
  }

  /** @returns whether there was anything to stop; what another launcher runs is not ours to touch */
  async stop(): Promise<boolean> {
    if (!this.#locked) return false;
    this.#control?.stop();
    await this.processes.stop();
    unlock(dataFolder);
    return this.processes.started;
  }

  async #seed(mesh: Mesh): Promise<Account[]> {
    const { seed }: { seed: Seed } = await import('./seed.ts');
    const accounts = await this.#steps.run(
      'seed',
      () => seed(mesh),
      ({ length }) => `2,000 volunteers, ${length} accounts`,
    );
    writePrivate(join(dataFolder, 'accounts.json'), `${JSON.stringify(accounts, null, 2)}\n`);
    return accounts;
  }

  async #drill(mesh: Mesh, accounts: readonly Account[]): Promise<{ ok: boolean }> {
    const { drill }: { drill: Drill } = await import('./drill.ts');
    return drill(mesh, accounts);
  }

  #tell(name: string, reason: string, endsInARow: number): void {
    if (!this.up) return;
    if (endsInARow === 1) this.#steps.print(`! ${name} ended (${reason}) and is started again`);
    const log = relative(repository, this.processes.logFile(name));
    if (endsInARow === 4) this.#steps.print(`! ${name} keeps ending (${reason}): see ${log}`);
  }
}

/** Data and secrets of the mesh; what the build put into the data folder stays. */
async function emptyData(): Promise<string> {
  const given = process.env.POSTGRES_URL;
  if (given) await dropDatabases(given);
  removeServerData(dataFolder);
  await removeContainers(dataFolder);
  for (const file of [
    'secrets.json',
    'accounts.json',
    'objectives.json',
    'fcm-service-account.json',
    'compose.json',
    'authority',
    'identities',
  ]) {
    rmSync(join(dataFolder, file), { recursive: true, force: true });
  }
  return relative(repository, dataFolder);
}
