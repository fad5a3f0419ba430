/** One child process, started again with growing pauses whenever it ends unasked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
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

/** Pause before a restart in milliseconds: doubles with each end in a row. */
export function restartPause(endsInARow: number): number {
  return Math.min(backoff.first * 2 ** (endsInARow - 1), backoff.longest);
}

export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #supervision: Supervision;
  #child: ChildProcess | undefined;
  #pause: NodeJS.Timeout | undefined;
  #ends = 0;
  #stopping = false;
  #gone: () => void = () => {};
  /** Why it ended last, while it has not settled since. */
  lastEnd: string | undefined;

  constructor(spec: ProcessSpec, supervision: Supervision) {
    this.spec = spec;
    this.#supervision = supervision;
    rotate(supervision.logFile);
    this.#spawn();
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

  /** Asks it to end, insists after ten seconds, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pause);
    if (!this.#child) return;
    const ended = new Promise<void>((resolve) => {
      this.#gone = resolve;
    });
    this.#child.kill(this.spec.stopSignal ?? 'SIGTERM');
    const insist = setTimeout(() => this.kill(), stopPatience);
    await ended;
    clearTimeout(insist);
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #spawn(): void {
    const { spec } = this;
    const { file, args } = dieWithParent(spec);
    const log = openSync(this.#supervision.logFile, 'a');
    // A session of its own, so that Ctrl-C at the terminal reaches the launcher alone, which stops all in order.
    const child = spawn(file, args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: ['ignore', log, log],
      detached: true,
      ...spec.user,
    });
    closeSync(log);
    this.#child = child;
    const settled = setTimeout(() => this.#settle(), backoff.settled).unref();
    child.once('spawn', () => child.pid !== undefined && this.#supervision.onSpawn(child.pid));
    const end = (reason: string) => {
      clearTimeout(settled);
      this.#ended(reason);
    };
    child.once('error', (error) => child.pid === undefined && end(error.message));
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  }

  #settle(): void {
    this.#ends = 0;
    this.lastEnd = undefined;
  }

  #ended(reason: string): void {
    this.#child = undefined;
    this.#gone();
    if (this.#stopping) return;
    this.#ends += 1;
    this.lastEnd = reason;
    this.#supervision.onEnd(reason, this.#ends);
    this.#pause = setTimeout(() => this.#spawn(), restartPause(this.#ends));
  }
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
