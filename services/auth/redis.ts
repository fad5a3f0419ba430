import type { Logger } from '@kreki/runtime/log';
import { observeRedis } from '@kreki/runtime/redis';
import { Redis } from 'ioredis';

/** Answers or fails within this time: signing in goes on without Redis. */
const COMMAND_TIMEOUT_MS = 250;

/** A connection made in the background and again whenever it is lost; a command fails at once while there is none. */
export function openRedis(url: string, log: Logger): Redis {
  observeRedis();
  const redis = new Redis(url, {
    connectionName: 'auth',
    // Its user may not say what library it is, and need not.
    disableClientInfo: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: 1_000,
    // A connection whose other end vanished without a word would otherwise be asked for ever, and no revocation get through.
    socketTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  // Each further attempt fails in the same way: once is enough to know.
  let away = false;
  redis.on('error', (error) => {
    if (!away) log.warn({ err: error }, 'redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('redis is back');
    away = false;
  });
  return redis;
}
