/** One process, started again with growing pauses whenever it ends unasked, and replaced without a gap when asked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { BoundSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopPatience } from './leftovers.ts';
import type { ProcessSpec } from './processes.ts';

export interface Supervision {
  readonly logFile: string;
  readonly onSpawn: (pid: number) => void;
  readonly onEnd: (reason: string, endsInARow: number) => void;
}

const backoff = { first: 100, longest: 5_000, settled: 10_000 } as const;
const largestLog = 20 * 1024 * 1024;
const deathSignalTool = process.platform === 'linux' ? findSetpriv() : undefined;
/** How long a successor may take until it is ready, and its predecessor to end after that, in milliseconds. */
const replacement = { ready: 60_000, retire: 20_000 } as const;

/** Pause before a restart in milliseconds: doubles with each end in a row. */
export function restartPause(endsInARow: number): number {
  return Math.min(backoff.first * 2 ** (endsInARow - 1), backoff.longest);
}

export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #supervision: Supervision;
  /** Listened on by whichever processes there are. */
  readonly #sockets: readonly BoundSocket[];
  /** The present one. */
  #child: ChildProcess | undefined;
  /** A predecessor that is ending, or a successor that is not ready. */
  readonly #others = new Set<ChildProcess>();
  #pause: NodeJS.Timeout | undefined;
  #ends = 0;
  #stopping = false;
  #stopped: Promise<void> | undefined;
  /** Why it ended last, while it has not settled since. */
  lastEnd: string | undefined;

  constructor(spec: ProcessSpec, supervision: Supervision) {
    this.spec = spec;
    this.#supervision = supervision;
    rotate(supervision.logFile);
    this.#sockets = Object.values(spec.sockets ?? {}).map((address) => new BoundSocket(address));
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends in a row without having lived for ten seconds. */
  get ends(): number {
    return this.#ends;
  }

  /** Its last log lines, for a person who must see why it does not start. */
  logTail(lines = 15): string {
    return readFileSync(this.#supervision.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /**
   * Starts another one, waits until it is ready, and lets the present one end what it has under way. Both listen on the same sockets meanwhile.
   * @throws Error when the other one does not become ready; the present one then goes on
   */
  async replace(): Promise<void> {
    const present = this.#child;
    if (!present || this.#others.size > 0) throw new Error(`${this.spec.name} is being started or replaced already`);
    const successor = this.#spawn();
    this.#others.add(successor);
    const answer = await Promise.race([
      once(successor, 'message').then(() => 'ready'),
      once(successor, 'exit').then(() => 'it ended'),
      sleep(replacement.ready, `it is not ready after ${replacement.ready / 1_000} s`, { ref: false }),
    ]);
    if (answer !== 'ready') {
      successor.kill('SIGKILL');
      throw new Error(`another ${this.spec.name} does not start, ${answer}:\n${this.logTail()}`);
    }
    // Who was present may have ended meanwhile, and been started again, or be about to.
    clearTimeout(this.#pause);
    const retiring = this.#child;
    if (retiring) this.#others.add(retiring);
    this.#adopt(successor);
    if (retiring) await end(retiring, 'SIGTERM', replacement.retire);
  }

  /** Asks it to end, insists after ten seconds, and resolves when it is gone; the same when it is asked again. */
  stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pause);
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const signal = this.spec.stopSignal ?? 'SIGTERM';
    await Promise.all(this.#all().map((child) => end(child, signal, stopPatience)));
    for (const socket of this.#sockets) socket.close();
  }

  kill(): void {
    for (const child of this.#all()) child.kill('SIGKILL');
  }

  #all(): ChildProcess[] {
    return [...(this.#child ? [this.#child] : []), ...this.#others];
  }

  #start(): void {
    if (!this.#child) this.#adopt(this.#spawn());
  }

  #adopt(child: ChildProcess): void {
    this.#child = child;
    this.#others.delete(child);
    if (child.pid !== undefined) this.#supervision.onSpawn(child.pid);
  }

  #spawn(): ChildProcess {
    const { spec } = this;
    const { file, args } = dieWithParent(spec);
    const log = openSync(this.#supervision.logFile, 'a');
    const first = 3;
    const descriptors = Object.keys(spec.sockets ?? {}).map((variable, index) => [variable, String(first + index)]);
    // A session of its own, so that Ctrl-C at the terminal reaches the launcher alone, which stops all in order.
    const child = spawn(file, args, {
      cwd: spec.cwd,
      env: { ...spec.env, ...Object.fromEntries(descriptors) },
      stdio: [
        'ignore',
        log,
        log,
        ...this.#sockets.map((socket) => socket.fd()),
        ...(spec.sockets ? ['ipc' as const] : []),
      ],
      detached: true,
      ...spec.user,
    });
    closeSync(log);
    const settled = setTimeout(() => this.#settle(child), backoff.settled).unref();
    const ended = (reason: string) => {
      clearTimeout(settled);
      this.#ended(child, reason);
    };
    child.once('error', (error) => child.pid === undefined && ended(error.message));
    child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    return child;
  }

  #settle(child: ChildProcess): void {
    if (child !== this.#child) return;
    this.#ends = 0;
    this.lastEnd = undefined;
  }

  #ended(child: ChildProcess, reason: string): void {
    this.#others.delete(child);
    if (child !== this.#child) return;
    this.#child = undefined;
    if (this.#stopping) return;
    this.#ends += 1;
    this.lastEnd = reason;
    this.#supervision.onEnd(reason, this.#ends);
    this.#pause = setTimeout(() => this.#start(), restartPause(this.#ends));
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals, patience: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const insist = setTimeout(() => child.kill('SIGKILL'), patience);
  await gone;
  clearTimeout(insist);
}

/** On Linux the kernel ends a child whose launcher was killed; elsewhere the next launcher does. */
export function dieWithParent(spec: Pick<ProcessSpec, 'command' | 'args' | 'stopSignal'>): {
  file: string;
  args: readonly string[];
} {
  if (!deathSignalTool) return { file: spec.command, args: spec.args };
  const signal = (spec.stopSignal ?? 'SIGTERM').slice('SIG'.length);
  return { file: deathSignalTool, args: ['--pdeathsig', signal, spec.command, ...spec.args] };
}

function findSetpriv(): string | undefined {
  return ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
}

function rotate(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > largestLog) renameSync(logFile, `${logFile}.1`);
}
