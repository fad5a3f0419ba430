import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Database, Queryable } from '../database/database.ts';
import { isLost } from '../database/errors.ts';
import { run } from '../database/session.ts';

/**
 * The right to be the only replica that does something: an advisory lock of a session, on a connection of its own. It ends with that
 * session, so that what is written over the session cannot be written by a replica that has lost the lease.
 */
export interface Lease {
  /** The session that holds it; tries to get it first, and gives undefined while another replica has it. */
  hold(): Promise<Queryable | undefined>;
  release(): Promise<void>;
}

const CHECK_MS = 2_000;
const CHECK_PATIENCE_MS = 3_000;

/** The server gives the lease to another when the holder's machine vanished without a word for about 10 seconds. */
const NOTICE_DEATH = 'SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3';

interface Session extends Queryable {
  readonly client: pg.Client;
  held: boolean;
  lose(): void;
}

/**
 * @param name What is to be done by one alone; the same in every replica.
 * @param lost Called when the lease was lost after it had been held.
 */
export function createLease(database: Database, name: string, lost: () => void = () => {}): Lease {
  const key = createHash('sha256').update(name).digest().readInt32BE();
  let session: Session | undefined;

  const connect = async (): Promise<Session> => {
    const client = new pg.Client({ ...database.pool.options, keepAlive: true });
    let checking: NodeJS.Timeout | undefined;
    const opened: Session = {
      client,
      held: false,
      async query(statement, values) {
        try {
          return await run(client, statement, values);
        } catch (error) {
          if (isLost(error)) opened.lose();
          throw error;
        }
      },
      lose() {
        clearInterval(checking);
        if (session !== opened) return;
        session = undefined;
        client.end().catch(() => undefined);
        if (opened.held) lost();
      },
    };
    client.on('error', opened.lose);
    client.on('end', opened.lose);
    try {
      await client.connect();
      await client.query(NOTICE_DEATH);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    // A holder that has nothing to do notices too that its session is gone.
    const check = { text: 'SELECT 1', query_timeout: CHECK_PATIENCE_MS };
    checking = setInterval(() => void client.query(check).catch(opened.lose), CHECK_MS);
    session = opened;
    return opened;
  };

  return {
    async hold() {
      const present = session ?? (await connect());
      if (!present.held) {
        const { rows } = await present.client.query<{ held: boolean }>('SELECT pg_try_advisory_lock(119, $1) AS held', [
          key,
        ]);
        present.held = rows[0]?.held ?? false;
      }
      return present.held ? present : undefined;
    },
    async release() {
      const present = session;
      if (!present) return;
      present.held = false;
      present.lose();
    },
  };
}
