/** The processes of a mesh: each is started, kept alive, and stopped in the reverse order of its start. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { User } from './folders.ts';
import { Leftovers } from './leftovers.ts';
import { SupervisedProcess } from './supervised-process.ts';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user?: User | undefined;
  /** What asks it to end cleanly; SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
  /**
   * Addresses it listens on, each by the variable that tells it the descriptor of a socket bound there. The sockets are the launcher's: they
   * outlive the process, so that another one takes over without a connection lost.
   */
  readonly sockets?: Readonly<Record<string, SocketAddress>>;
}

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

export interface ProcessesOptions {
  /** Holds `logs/` and the record of what runs. */
  readonly folder: string;
  /** Told when a process ended unasked; it is started again. */
  readonly onEnd: (name: string, reason: string, endsInARow: number) => void;
}

export class Processes {
  readonly #options: ProcessesOptions;
  readonly #leftovers: Leftovers;
  readonly #layers: SupervisedProcess[][] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: ProcessesOptions) {
    this.#options = options;
    this.#leftovers = new Leftovers(join(options.folder, 'processes.json'));
    mkdirSync(join(options.folder, 'logs'), { recursive: true });
  }

  /** Ends what a killed launcher left running. */
  async stopLeftovers(): Promise<string[]> {
    return this.#leftovers.stop();
  }

  /** Starts processes that may be stopped together; layers are stopped last to first. */
  start(specs: readonly ProcessSpec[]): readonly SupervisedProcess[] {
    if (this.#stopping) throw new Error('the mesh is stopping');
    const layer = specs.map(
      (spec) =>
        new SupervisedProcess(spec, {
          logFile: this.logFile(spec.name),
          onEnd: (reason, endsInARow) => this.#options.onEnd(spec.name, reason, endsInARow),
          onSpawn: (pid) => this.#leftovers.record(spec.name, pid, spec.stopSignal),
        }),
    );
    this.#layers.push(layer);
    return layer;
  }

  /** @throws Error when none of that name was started */
  find(name: string): SupervisedProcess {
    const found = this.#layers.flat().find(({ spec }) => spec.name === name);
    if (!found) throw new Error(`no process ${name} was started`);
    return found;
  }

  get started(): boolean {
    return this.#layers.length > 0;
  }

  logFile(name: string): string {
    return join(this.#options.folder, 'logs', `${name}.log`);
  }

  /** Resolves when nothing that was started lives any more. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopLayers();
    return this.#stopping;
  }

  /** Without asking: for a person who interrupts twice. */
  kill(): void {
    for (const process of this.#layers.flat()) process.kill();
  }

  async #stopLayers(): Promise<void> {
    for (const layer of this.#layers.toReversed()) await Promise.all(layer.map((process) => process.stop()));
    this.#leftovers.clear();
  }
}
