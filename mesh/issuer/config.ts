import { duration, LOG_LEVELS, oneOf, readEnvironment, type Setting, text } from '@kreki/runtime/config';

const SHORTEST_MS = 5_000;

/** Processes look for new certificates every second: shorter lives could end between two looks. */
const lifetime: Setting<number> = (() => {
  const setting = duration('CERTIFICATE_LIFETIME', { default: '24h' });
  return {
    ...setting,
    parse(value) {
      const lifetimeMs = setting.parse(value);
      if (lifetimeMs < SHORTEST_MS) throw new Error(`must be at least ${SHORTEST_MS / 1_000}s, not ${value}`);
      return lifetimeMs;
    },
  };
})();

/** What the launcher reads as well. */
export const readLifetimeMs = (env: NodeJS.ProcessEnv): number => readEnvironment(env, { lifetime }).lifetime;

export const readConfig = (env: NodeJS.ProcessEnv) =>
  readEnvironment(env, {
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    /** Keeps the authority's key. */
    authorityFolder: text('AUTHORITY_FOLDER'),
    /** Gets a folder for each process. */
    identitiesFolder: text('IDENTITIES_FOLDER'),
    lifetimeMs: lifetime,
  });
