import type { Database } from '../database/database.ts';
import type { Logger } from '../log.ts';
import { type Loop, loop } from '../loop.ts';
import { forgetEntries, newestEntry } from './entries.ts';

const INTERVAL_MS = 900_000;
const BATCH = 1_000;

/**
 * Logs the hash of the newest entry, which leaves the machine with the logs: who rewrites the record in the database cannot rewrite that.
 * Entries older than they are kept are deleted.
 */
export function auditHousekeeping(database: Database, log: Logger): Loop {
  let told = 0;
  return loop(
    'audit',
    INTERVAL_MS,
    async (signal) => {
      const newest = await newestEntry(database);
      if (newest && newest.sequence !== told) {
        log.info({ sequence: newest.sequence, hash: newest.hash.toString('hex') }, 'newest entry of the audit log');
        told = newest.sequence;
      }
      while (!signal.aborted && (await forgetEntries(database, BATCH)) === BATCH);
    },
    { log },
  );
}
