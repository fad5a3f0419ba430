import { randomBytes } from 'node:crypto';

/** What a service that keeps personal data reads from its environment, with keys made for the occasion. */
export function personalDataEnvironment(): Record<string, string> {
  return {
    PERSONAL_DATA_KEYS: `1:${randomBytes(32).toString('base64')}`,
    PERSONAL_DATA_LOOKUP_KEY: randomBytes(32).toString('base64'),
  };
}
