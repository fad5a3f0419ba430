import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './log.ts';

const PATIENCE_MS = 2_000;

/**
 * Does what the first calls would wait for, before there are any: a process that takes over from another is to answer as it did. What fails, or
 * takes too long, is left to those calls.
 */
export async function warmUp(steps: readonly (() => unknown)[], log: Logger): Promise<void> {
  const all = Promise.all(
    steps.map(async (step) => {
      try {
        await step();
      } catch (error) {
        log.debug({ err: error }, 'not warmed up');
      }
    }),
  );
  await Promise.race([all, sleep(PATIENCE_MS, undefined, { ref: false })]);
}
