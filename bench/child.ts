import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../mesh/local/nodes.ts';

/** A process of the bench's own. */
export interface Child {
  readonly pid: number;
  /**
   * Asks it something, one thing at a time, and waits for the answer that its `answerParent` gives.
   * @throws Error with what it failed with
   */
  ask<Answer>(question: object): Promise<Answer>;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

/** One that says something once it serves, such as where. */
export interface SpeakingChild<Said> extends Child {
  readonly said: Said;
}

/** @param file its program, relative to `bench/` */
export function startChild(file: string, args: readonly string[] = []): Child {
  const child = forkOf(file, args);
  return childOf(child, file);
}

/** What Node.js is given before its program, and what the program finds in its environment besides what it inherits. */
export interface Setting {
  readonly execArgv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** The same, awaited until it has said its first word. */
export async function startSpeakingChild<Said>(
  file: string,
  args: readonly string[] = [],
  setting: Setting = {},
): Promise<SpeakingChild<Said>> {
  const child = forkOf(file, args, setting);
  return { ...childOf(child, file), said: await hear<Said>(child, file) };
}

const forkOf = (file: string, args: readonly string[], { execArgv = [], env = {} }: Setting = {}) =>
  fork(fileURLToPath(new URL(file, import.meta.url)), [...args], {
    // As the mesh's processes are, whoever is compared with them.
    execArgv: [...NODE_FLAGS, ...execArgv],
    env: { ...process.env, ...env },
  });

const childOf = (child: ChildProcess, file: string): Child => ({
  pid: child.pid ?? 0,
  async ask<Answer>(question: object) {
    const heard = hear<{ answer: Answer; failure?: string }>(child, file);
    child.send(question);
    const { answer, failure } = await heard;
    if (failure !== undefined) throw new Error(failure);
    return answer;
  },
  async stop() {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  },
});

async function hear<Said>(child: ChildProcess, file: string): Promise<Said> {
  const heard = new AbortController();
  const { signal } = heard;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`${file} ended with ${code}`);
  });
  const [said] = await Promise.race([once(child, 'message', { signal }), ended]).finally(() => {
    ended.catch(() => undefined);
    heard.abort();
  });
  return said as Said;
}
