import {
  databaseSettings,
  duration,
  integer,
  natsSettings,
  number,
  readEnvironment,
  serviceSettings,
} from '@kreki/runtime/config';
import { descriptionOf } from '../../mesh/topology.ts';

export const readConfig = (env: NodeJS.ProcessEnv) =>
  readEnvironment(env, {
    ...serviceSettings(descriptionOf('emergency')),
    ...databaseSettings,
    ...natsSettings,
    dispatch: {
      /** Offers that wait for an answer at the same time, of one emergency. */
      offersOutstanding: integer('DISPATCH_OFFERS_OUTSTANDING', { default: 7, min: 1, max: 50 }),
      /** How long a volunteer has to answer. */
      offerTimeoutMs: duration('DISPATCH_OFFER_TIMEOUT', { default: '30s' }),
      /** Search radii in metres: the first, and those it is widened to. */
      radiiMeters: {
        near: number('DISPATCH_RADIUS_NEAR', { default: 500, min: 1, max: 50_000 }),
        wider: number('DISPATCH_RADIUS_WIDER', { default: 1_000, min: 1, max: 50_000 }),
        widest: number('DISPATCH_RADIUS_WIDEST', { default: 2_000, min: 1, max: 50_000 }),
      },
      responders: {
        critical: integer('DISPATCH_RESPONDERS_CRITICAL', { default: 2, min: 1, max: 20 }),
        urgent: integer('DISPATCH_RESPONDERS_URGENT', { default: 1, min: 1, max: 20 }),
        normal: integer('DISPATCH_RESPONDERS_NORMAL', { default: 1, min: 1, max: 20 }),
      },
      /** After how long with too few responders PSC 119 is told. */
      escalateAfterMs: {
        critical: duration('DISPATCH_ESCALATE_CRITICAL', { default: '2m' }),
        urgent: duration('DISPATCH_ESCALATE_URGENT', { default: '5m' }),
        normal: duration('DISPATCH_ESCALATE_NORMAL', { default: '10m' }),
      },
      /** How old a volunteer's position may be. */
      positionMaxAgeMs: duration('DISPATCH_POSITION_MAX_AGE', { default: '15m' }),
      /** When too few were found: how soon the search is repeated, for who came near or on duty meanwhile; less often as time goes by. */
      searchAgainMs: duration('DISPATCH_SEARCH_AGAIN', { default: '5s' }),
      searchAgainMaxMs: duration('DISPATCH_SEARCH_AGAIN_MAX', { default: '1m' }),
      /** How often it is checked that those asked can still come. */
      checkOffersMs: duration('DISPATCH_CHECK_OFFERS', { default: '15s' }),
      /** How long a search may take. */
      searchTimeoutMs: duration('DISPATCH_SEARCH_TIMEOUT', { default: '2s' }),
      /** When volunteers could not be searched: how soon it is tried again, at first and at last. */
      retryMs: duration('DISPATCH_RETRY', { default: '500ms' }),
      retryMaxMs: duration('DISPATCH_RETRY_MAX', { default: '2s' }),
      /** After how long nobody is sought any more. */
      giveUpAfterMs: duration('DISPATCH_GIVE_UP', { default: '2h' }),
    },
    /** A second press this far from the first is a move that others are told of. */
    movedMeters: number('MOVED_METERS', { default: 10, min: 0, max: 10_000 }),
    /** Connections to the database that only presses take. */
    pressConnections: integer('PRESS_CONNECTIONS', { default: 4, min: 1, max: 100 }),
    /** Emergencies that one replica dispatches at the same time. */
    dispatchConcurrency: integer('DISPATCH_CONCURRENCY', { default: 8, min: 1, max: 100 }),
    /** How long a replica may take for a step before another takes over. */
    dispatchLeaseMs: duration('DISPATCH_LEASE', { default: '8s' }),
    /** How often due emergencies are looked for when nothing wakes dispatch. */
    dispatchPollMs: duration('DISPATCH_POLL', { default: '250ms' }),
    /** Watch streams of one replica. */
    watchersMax: integer('WATCHERS_MAX', { default: 10_000, min: 1, max: 1_000_000 }),
    /** How often a watched emergency is read again, should a change have gone unheard. */
    watchPollMs: duration('WATCH_POLL', { default: '5s' }),
  });

export type Config = ReturnType<typeof readConfig>;
