import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import type { Context } from '../context.ts';
import { claimDue } from '../store/dispatch.ts';
import { dispatchStep } from './step.ts';

export interface DispatcherOptions {
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly log: Logger;
}

/**
 * Dispatches emergencies as they become due. What is due is in the database: a replica claims it for a while, and one that dies loses
 * nothing but that while.
 */
export function createDispatcher(
  context: () => Context,
  { concurrency, leaseMs, pollMs, log }: DispatcherOptions,
): Loop {
  const running = new Set<Promise<void>>();

  const start = (id: string) => {
    const step = dispatchStep(context(), id)
      .catch((error: unknown) =>
        log.error({ err: error, emergencyId: id }, 'a dispatch step failed; its lease brings it back'),
      )
      .finally(() => {
        running.delete(step);
        dispatcher.wake();
      });
    running.add(step);
  };

  const dispatcher = loop(
    'dispatch',
    pollMs,
    async () => {
      const free = concurrency - running.size;
      if (free > 0) for (const id of await claimDue(context().database, free, leaseMs)) start(id);
    },
    { log, maxBackOffMs: 1_000 },
  );
  return {
    ...dispatcher,
    async stop() {
      await dispatcher.stop();
      await Promise.all(running);
    },
  };
}
