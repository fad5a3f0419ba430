import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@kreki/runtime/log';

const GATHER_MS = 20;
const RETRY_MS = 200;
const MAX_TRIES_WHILE_STOPPING = 25;

/** Writes results in groups: many attempts end in the same few milliseconds, and one statement serves them all. */
export interface Recorder<Result> {
  /** Resolves when the result is stored. */
  record(result: Result): Promise<void>;
  /** Whether results wait for a database that does not take them. */
  readonly failing: boolean;
  /** Writes what is left. */
  stop(): Promise<void>;
}

interface Entry<Result> {
  readonly result: Result;
  readonly stored: () => void;
}

/**
 * A group that could not be written is written again until it is, since a lost result would be sent twice.
 * @param store Writes one group; a group may be written more than once.
 */
export function createRecorder<Result>(
  store: (results: readonly Result[]) => Promise<void>,
  log: Logger,
): Recorder<Result> {
  let waiting: Entry<Result>[] = [];
  let writing: Promise<void> | undefined;
  let failing = false;
  let stopping = false;

  const write = async () => {
    await sleep(GATHER_MS);
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      for (let tries = 1; ; tries++) {
        try {
          await store(group.map((entry) => entry.result));
          failing = false;
          break;
        } catch (error) {
          failing = true;
          log.warn({ err: error, results: group.length, tries }, 'results of sending are not stored yet');
          if (stopping && tries >= MAX_TRIES_WHILE_STOPPING) break;
          await sleep(RETRY_MS);
        }
      }
      for (const entry of group) entry.stored();
    }
    writing = undefined;
  };

  return {
    record(result) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ result, stored: resolve });
      writing ??= write();
      return promise;
    },
    get failing() {
      return failing;
    },
    async stop() {
      stopping = true;
      await writing;
    },
  };
}
