import { Code } from '@connectrpc/connect';
import type pg from 'pg';
import { fail } from '../errors.ts';
import { databaseError, isLost } from './errors.ts';
import type { Prepared } from './sql.ts';
import { statement } from './telemetry.ts';

/** Calls that may wait for a connection; those beyond would only time out. */
const WAITING_MAX = 1_000;

/** Sends a prepared statement on a connection. */
export async function run<Row extends object>(
  client: pg.ClientBase,
  { name, text }: Prepared,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const finish = statement(name);
  try {
    const { rows } = await client.query<Row>({ name, text, values: [...values] });
    finish();
    return rows;
  } catch (error) {
    finish(error);
    throw databaseError(error);
  }
}

/** Lends a connection of the pool. It is kept after a statement that failed, and dropped when the connection itself did. */
export async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  if (pool.waitingCount >= WAITING_MAX)
    throw fail(Code.Unavailable, 'DATABASE_UNAVAILABLE', 'too many calls wait for the database already');
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseError(error);
  });
  let broken = false;
  const breaks = () => {
    broken = true;
  };
  client.on('error', breaks);
  try {
    return await work(client);
  } catch (error) {
    if (isLost(error)) broken = true;
    throw error;
  } finally {
    client.off('error', breaks);
    client.release(broken);
  }
}
