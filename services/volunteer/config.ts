import {
  databaseSettings,
  duration,
  integer,
  natsSettings,
  readEnvironment,
  serviceSettings,
} from '@kreki/runtime/config';
import { descriptionOf } from '../../mesh/topology.ts';

export const readConfig = (env: NodeJS.ProcessEnv) =>
  readEnvironment(env, {
    ...serviceSettings(descriptionOf('volunteer')),
    ...databaseSettings,
    ...natsSettings,
    /** How old a position may be in a search that says nothing of it. */
    positionFreshMs: duration('POSITION_FRESH', { default: '15m' }),
    /** How long a position is kept. */
    positionRetentionMs: duration('POSITION_RETENTION', { default: '30d' }),
    positions: {
      /** Rows of one write at most. */
      batchRows: integer('POSITION_BATCH_ROWS', { default: 2_000, min: 1, max: 10_000 }),
      /** Writes under way at once, each on a connection of its own. */
      writesMax: integer('POSITION_WRITES', { default: 2, min: 1, max: 16 }),
      /** How long a position waits for others to be written with. */
      flushIntervalMs: duration('POSITION_FLUSH_INTERVAL', { default: '20ms' }),
      /** Measurements taken and not yet written, beyond which more are refused. */
      queueMax: integer('POSITION_QUEUE_MAX', { default: 20_000, min: 1, max: 10_000_000 }),
      /** How long a write is tried again while the database cannot be reached. */
      retryForMs: duration('POSITION_RETRY_FOR', { default: '30s' }),
    },
  });

export type Config = ReturnType<typeof readConfig>;
