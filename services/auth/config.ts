import {
  databaseSettings,
  duration,
  integer,
  key,
  natsSettings,
  personalDataSettings,
  readEnvironment,
  redisSettings,
  serviceSettings,
} from '@kreki/runtime/config';
import { descriptionOf } from '../../mesh/topology.ts';
import { DEFAULT_HASH_COST } from './passwords/passwords.ts';

export const readConfig = (env: NodeJS.ProcessEnv) =>
  readEnvironment(env, {
    ...serviceSettings(descriptionOf('auth')),
    ...databaseSettings,
    ...natsSettings,
    ...redisSettings,
    ...personalDataSettings,
    accessTokenLifetimeMs: duration('ACCESS_TOKEN_LIFETIME', { default: '24h' }),
    refreshTokenLifetimeMs: duration('REFRESH_TOKEN_LIFETIME', { default: '30d' }),
    refreshRetryWindowMs: duration('REFRESH_RETRY_WINDOW', { default: '30s' }),
    signingKeys: {
      secret: key('SIGNING_KEYS_SECRET'),
      rotationMs: duration('SIGNING_KEY_ROTATION', { default: '30d' }),
      leadMs: duration('SIGNING_KEY_LEAD', { default: '1h' }),
      refreshMs: duration('SIGNING_KEY_REFRESH', { default: '30s' }),
    },
    passwords: {
      memoryKib: integer('PASSWORD_HASH_MEMORY_KIB', { default: DEFAULT_HASH_COST.memoryKib, min: 8, max: 1_048_576 }),
      passes: integer('PASSWORD_HASH_PASSES', { default: DEFAULT_HASH_COST.passes, min: 1, max: 20 }),
      lanes: integer('PASSWORD_HASH_LANES', { default: DEFAULT_HASH_COST.lanes, min: 1, max: 16 }),
      concurrency: integer('PASSWORD_HASH_CONCURRENCY', { default: 2, min: 1, max: 64 }),
      queueLimit: integer('PASSWORD_HASH_QUEUE', { default: 100, min: 0, max: 10_000 }),
    },
    erasure: {
      /** How often it is looked whether a service has to be asked. */
      pollMs: duration('ERASURE_POLL', { default: '2s' }),
      /** How long a process may take to ask one before another does. */
      leaseMs: duration('ERASURE_LEASE', { default: '1m' }),
      /** The longest wait before a service that could not is asked again. */
      retryMaxMs: duration('ERASURE_RETRY_MAX', { default: '5m' }),
    },
    loginLimits: {
      failures: integer('LOGIN_FAILURES', { default: 5, min: 1, max: 1_000 }),
      windowMs: duration('LOGIN_FAILURES_WINDOW', { default: '15m' }),
    },
  });

export type Config = ReturnType<typeof readConfig>;
