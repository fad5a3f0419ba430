import type pg from 'pg';
import { untilAborted } from '../rpc/deadline.ts';
import { beginWith } from './begin.ts';
import { connectionsInUse, databaseError, isLost } from './errors.ts';
import type { Prepared } from './sql.ts';
import { operation } from './telemetry.ts';

/** Calls that may wait for a connection; those beyond would only time out. */
const WAITING_MAX = 1_000;

const answeredMs = new WeakMap<pg.Pool, number>();

/** Whether the server answered somebody within so many milliseconds. */
export const hasAnswered = (pool: pg.Pool, withinMs: number): boolean =>
  performance.now() - (answeredMs.get(pool) ?? Number.NEGATIVE_INFINITY) < withinMs;

/**
 * Sends a prepared statement on a connection.
 * @param begins Whether a transaction begins with it.
 */
export async function run<Row extends object>(
  client: pg.ClientBase,
  statement: Prepared,
  values: readonly unknown[] = [],
  begins = false,
): Promise<Row[]> {
  const { name, text } = statement;
  const finish = operation('postgresql', name);
  try {
    const { rows } = await (begins
      ? beginWith<Row>(client, statement, values)
      : client.query<Row>({ name, text, values: [...values] }));
    finish();
    return rows;
  } catch (error) {
    finish(error);
    throw databaseError(error);
  }
}

/**
 * Lends a connection of the pool. It is kept after a statement that failed, and dropped when the connection itself did. When the signal aborts
 * nobody waits for one any more.
 */
export async function withClient<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (pool.waitingCount >= WAITING_MAX) throw connectionsInUse('too many calls wait for the database already');
  const lent = pool.connect();
  const client = await (signal ? untilAborted(signal, lent) : lent).catch((error: unknown) => {
    // One that comes after all goes to whoever waits next.
    if (signal?.aborted) lent.then((late) => late.release()).catch(() => undefined);
    throw databaseError(error);
  });
  let broken = false;
  const breaks = () => {
    broken = true;
  };
  client.on('error', breaks);
  try {
    const result = await work(client);
    answeredMs.set(pool, performance.now());
    return result;
  } catch (error) {
    if (isLost(error)) broken = true;
    throw error;
  } finally {
    client.off('error', breaks);
    client.release(broken);
  }
}
