import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import { continueTrace, inSpan } from '@kreki/runtime/trace';
import type { Context } from '../context.ts';
import { type Claim, claimDue, retryStep } from '../store/dispatch.ts';
import { dispatchStep } from './step.ts';

/** How soon a step that failed is tried again. */
const RETRY_MS = 1_000;

export interface DispatcherOptions {
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly log: Logger;
}

/** Whenever a step happens, it is part of the trace of the press. */
const traced = ({ id, traceparent }: Claim, step: () => Promise<void>) =>
  continueTrace(traceparent, () => inSpan('dispatch', { 'kreki.emergency.id': id }, step));

/**
 * Dispatches emergencies as they become due. What is due is in the database: a replica claims it for a while, and one that dies loses
 * nothing but that while.
 */
export function createDispatcher(
  context: () => Context,
  { concurrency, leaseMs, pollMs, log }: DispatcherOptions,
): Loop {
  const running = new Set<Promise<void>>();
  /** Whether more may be due than could be begun. */
  let moreDue = false;

  const start = (claim: Claim) => {
    const step = traced(claim, () => dispatchStep(context(), claim))
      .catch(async (error: unknown) => {
        log.error({ err: error, emergencyId: claim.id }, 'a dispatch step failed; it is tried again');
        // Should this fail as well, the end of the lease brings it back.
        await retryStep(context().database, claim.id, RETRY_MS).catch(() => undefined);
      })
      .finally(() => {
        running.delete(step);
        if (moreDue) dispatcher.wake();
      });
    running.add(step);
  };

  const dispatcher = loop(
    'dispatch',
    pollMs,
    async () => {
      const free = concurrency - running.size;
      const claims = free > 0 ? await claimDue(context().database, free, leaseMs) : [];
      moreDue = claims.length === free;
      for (const claim of claims) start(claim);
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
