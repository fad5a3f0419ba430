import { ConfigError } from './config.ts';
import { Migrated } from './database/migrations.ts';
import { createLogger } from './log.ts';
import { stopTelemetry } from './telemetry.ts';

const STOP_LIMIT_MS = 15_000;

/** Told to the parent process over its channel, where it has one, once this one can take over from its predecessor. */
const READY = 'ready';

/** What runs as a process. */
export interface Running {
  /** `handOver` when another instance takes over, so that callers are given time to find it. */
  stop(options?: { readonly handOver?: boolean }): Promise<void>;
}

/**
 * Runs a service as this process: starts it, tells the parent that started it, and stops it on SIGTERM (another instance takes over), on SIGINT
 * or when that parent is gone (nobody does). A start that fails, or an error that nothing catches, ends the process with exit code 1 and its
 * reason in the log.
 */
export async function runProcess(start: () => Promise<Running>): Promise<void> {
  const log = createLogger(process.env.SERVICE_NAME ?? 'process');
  const die = (error: unknown) => {
    if (error instanceof Migrated) process.exit(0);
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else log.fatal({ err: error }, 'cannot go on');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  const running = await start().catch(die);
  if (!running) return;

  let stopping = false;
  const stop = async (why: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    setTimeout(() => die(new Error(`not stopped within ${STOP_LIMIT_MS} ms`)), STOP_LIMIT_MS).unref();
    await running.stop({ handOver: why === 'SIGTERM' });
    await stopTelemetry();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal).catch(die));
  process.on('disconnect', () => void stop('parent gone').catch(die));
  process.send?.(READY);
}
