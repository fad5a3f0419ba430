import { createHash } from 'node:crypto';
import type pg from 'pg';

/** The right to be the only one who does something, as long as a connection lives: an advisory lock of its session. */
export interface Lease {
  /** Whether it is ours now; tries to get it when it is not. */
  hold(): Promise<boolean>;
  release(): Promise<void>;
}

/** @param name What is to be done by one alone; the same in every replica. */
export function createLease(pool: pg.Pool, name: string): Lease {
  const key = createHash('sha256').update(name).digest().readInt32BE();
  let session: pg.PoolClient | undefined;

  const lose = () => {
    session?.release(true);
    session = undefined;
  };

  return {
    async hold() {
      if (session) return true;
      const client = await pool.connect();
      const { rows } = await client
        .query<{ held: boolean }>('SELECT pg_try_advisory_lock(119, $1) AS held', [key])
        .catch((error: unknown) => {
          client.release(true);
          throw error;
        });
      if (!rows[0]?.held) {
        client.release();
        return false;
      }
      session = client;
      client.once('error', lose);
      return true;
    },
    async release() {
      lose();
    },
  };
}
