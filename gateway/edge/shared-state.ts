import { once } from 'node:events';
import type { Logger } from '@kreki/runtime/log';
import { observeRedis } from '@kreki/runtime/redis';
import { meter } from '@kreki/runtime/telemetry';
import { Redis } from 'ioredis';

/** What all replicas of the edge know together, in Redis. No call fails, and none waits long, because it is away. */
export interface SharedState {
  readonly redis: Redis;
  /** The answer, or undefined when there is none in time. Questions asked in one turn of the event loop travel together. */
  ask<T>(what: string, question: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  stop(): void;
}

const START_PATIENCE_MS = 1_000;
const PATIENCE_MS = 100;
/** After a silence Redis is not asked for so long, so that calls do not each wait in turn. */
const PAUSE_MS = 250;
const WARN_EVERY_MS = 5_000;

const misses = meter.createCounter('kreki.edge.shared_state.misses', {
  description: 'Questions to Redis that had no answer in time',
});

/** Waits a moment for Redis, so that the first calls are not answered without it; begins without it when it does not come. */
export async function openSharedState(url: string, log: Logger): Promise<SharedState> {
  observeRedis();
  const redis = new Redis(url, {
    connectionName: 'gateway',
    // Its user may not say what library it is, and need not.
    disableClientInfo: true,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    socketTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
  });
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  let pausedUntilMs = 0;
  const miss = (what: string, error: unknown) => {
    misses.add(1, { what });
    if (performance.now() - warnedAtMs < WARN_EVERY_MS) return;
    warnedAtMs = performance.now();
    log.warn({ what, err: error }, 'Redis does not answer; going on without it');
  };
  redis.on('error', (error) => miss('connection', error));
  await once(redis, 'ready', { signal: AbortSignal.timeout(START_PATIENCE_MS) }).catch((error) => miss('start', error));

  return {
    redis,
    async ask(what, question) {
      if (redis.status !== 'ready' || performance.now() < pausedUntilMs) {
        misses.add(1, { what });
        return undefined;
      }
      try {
        return await answered(question(redis));
      } catch (error) {
        if (error === SILENT) pausedUntilMs = performance.now() + PAUSE_MS;
        miss(what, error);
        return undefined;
      }
    },
    stop: () => redis.disconnect(),
  };
}

const SILENT = new Error(`no answer within ${PATIENCE_MS} ms`);

function answered<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // An answer may lie unread while this process was busy: what has arrived is read before time is called.
    const timer = setTimeout(() => setImmediate(() => setImmediate(reject, SILENT)), PATIENCE_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
