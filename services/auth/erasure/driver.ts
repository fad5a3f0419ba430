import { Code, ConnectError } from '@connectrpc/connect';
import type { Database } from '@kreki/runtime/database/database';
import { reasonOf } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import type { Config } from '../config.ts';
import { type ClaimedStep, claimSteps, finishStep, postponeStep } from '../store/erasures.ts';
import type { Holders } from './holders.ts';

const BATCH = 10;
const TIMEOUT_MS = 10_000;
const RETRY_MS = 1_000;

/**
 * Has every service let go of people who were erased, for as long as it takes: a service that is away, and a process that dies in the
 * middle, cost time and nothing else, since a service may be asked again.
 */
export function erasureDriver(database: Database, holders: Holders, config: Config['erasure'], log: Logger): Loop {
  const drive = async (step: ClaimedStep, signal: AbortSignal): Promise<void> => {
    const { erasureId, userId, service, attempts } = step;
    try {
      const holder = holders.get(service);
      if (!holder) throw new ConnectError(`there is no service ${service}`, Code.Unavailable);
      await holder.erase({ userId }, { signal, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (signal.aborted) return;
      const waitsFor = reasonOf(error) || 'UNAVAILABLE';
      const afterMs = Math.min(RETRY_MS * 2 ** Math.min(attempts - 1, 20), config.retryMaxMs);
      log.warn({ err: error, erasureId, service, attempts, afterMs }, 'not erased yet');
      await postponeStep(database, step, afterMs, waitsFor);
      return;
    }
    await finishStep(database, step);
    log.info({ erasureId, service, pass: step.pass }, 'erased');
  };

  const driver = loop(
    'erasures',
    config.pollMs,
    async (signal) => {
      const steps = await claimSteps(database, BATCH, config.leaseMs);
      await Promise.all(steps.map((step) => drive(step, signal)));
      if (steps.length === BATCH) driver.wake();
    },
    { log },
  );
  return driver;
}
