import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../log.ts';
import { during } from './during.ts';
import { isLost } from './errors.ts';
import { type DataSteps, migrate } from './migrations.ts';
import { hasAnswered, run, withClient } from './session.ts';
import type { Prepared } from './sql.ts';
import { transaction } from './transaction.ts';
import { getTypeParser } from './types.ts';

/** What runs statements: a database by itself, or a transaction on it. */
export interface Queryable {
  /** Sends a prepared statement, one round trip. int8 comes as number, timestamptz as Date, date as `YYYY-MM-DD`, bytea as Buffer. */
  query<Row extends object = Record<string, unknown>>(statement: Prepared, values?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction under way. */
export interface Tx extends Queryable {
  /**
   * Sends a statement whose rows nobody needs and does not wait for it: it goes to the server with the next `query`, or with the commit. Should it
   * fail, so does the transaction, with its error.
   */
  send(statement: Prepared, values?: readonly unknown[]): void;
  /** The same for rows that are needed after the commit. Nobody waits for them within the transaction: they may not have been asked for by then. */
  queryLater<Row extends object>(statement: Prepared, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Calls back once, when the transaction has ended: whether its commit was answered. One that runs again has ended without. What is called
   * neither throws nor waits.
   */
  ended(then: (committed: boolean) => void): void;
  /** The connection it runs on, for what a prepared statement cannot do. */
  readonly client: pg.ClientBase;
}

export interface Database extends Queryable {
  /** The pool itself, for Prisma: `prismaAdapter(database)`. */
  readonly pool: pg.Pool;
  /**
   * The same database for what is only read while a call goes on: when its signal aborts, a statement under way is cancelled and nobody waits for
   * a connection any more. What a call writes is not for this: a press counts although the phone that sent it has lost its network since.
   */
  during(signal: AbortSignal): Queryable;
  /**
   * Commits what `work` did, or nothing. `work` runs again (up to 5 times) after a serialisation failure or a deadlock, so that it
   * does nothing outside the transaction; every other failure is thrown, without another try.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Whether the server answers now; for readiness. */
  healthy(): Promise<boolean>;
  /** Waits for what is under way, 3 seconds at most. */
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  readonly log: Logger;
  /** Shown in pg_stat_activity; the service's name. */
  readonly name: string;
  /** Folder of Prisma's migrations, applied before the database is handed out. */
  readonly migrations?: URL;
  readonly dataSteps?: DataSteps;
  /** Connections of the pool. */
  readonly max?: number;
  readonly statementTimeoutMs?: number;
}

/** Less than most deadlines, so that callers learn why they have no answer. */
const CONNECT_TIMEOUT_MS = 3_000;
const ANSWER_PATIENCE_MS = 5_000;
const START_PATIENCE_MS = 60_000;
const STOP_PATIENCE_MS = 3_000;
const HEALTH_TIMEOUT_MS = 1_000;
const BUSY_ANSWER_MS = 3_000;
/**
 * A connection keeps the plan of a statement for as long as the table is not analysed: one that reads the whole of a table, made while that was
 * small, would go on reading it all. Statements of services find rows by an index, and none is long enough to be worth compiling. What they read is in
 * memory, where one page costs what another does: so they follow an index in its order instead of making a bitmap of it first, which goes through
 * all that has left a queue since the last vacuum, each time anew.
 */
const PLANNING = '-c enable_seqscan=off -c random_page_cost=1 -c jit=off';

/** Opens a pool on a database, waits for the server when it is not up yet, and brings the schema up to date. */
export async function openDatabase(url: string, options: DatabaseOptions): Promise<Database> {
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.name,
    options: PLANNING,
    // Statements of a transaction follow each other without waiting for answers that nobody needs.
    pipeline: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    // A server that does not even say that time is up is gone.
    query_timeout: statementTimeoutMs + ANSWER_PATIENCE_MS,
    idle_in_transaction_session_timeout: 30_000,
    // A server that vanished without a word is noticed on idle connections too.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  });
  // A connection that is lost in the instant in which it is lent has nobody listening yet, and would end the process.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  // The pool drops a connection that fails while idle, and the next query makes a new one.
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection was lost'));
  try {
    await untilUp(pool, options.log);
    if (options.migrations) await migrate(pool, options.migrations, options.log, options.dataSteps);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    pool,
    query: (statement, values) => withClient(pool, (client) => run(client, statement, values)),
    during: (signal) => during(pool, signal),
    transaction: (work) => transaction(pool, work),
    healthy: () => healthy(pool),
    stop: () => end(pool, options.log),
  };
}

/** While every connection is lent out, that the server answers those who have them is what counts: a busy service is not an ill one. */
async function healthy(pool: pg.Pool): Promise<boolean> {
  const answered = pool.query('SELECT 1').then(
    () => true,
    () => false,
  );
  const inTime = await Promise.race([answered, sleep(HEALTH_TIMEOUT_MS, false, { ref: false })]);
  return inTime || (pool.waitingCount > 0 && hasAnswered(pool, BUSY_ANSWER_MS));
}

/** Closes the connections as they are given back; one that never is does not hold up the rest. */
async function end(pool: pg.Pool, log: Logger): Promise<void> {
  if (pool.ending) return;
  const ended = await Promise.race([pool.end().then(() => true), sleep(STOP_PATIENCE_MS, false, { ref: false })]);
  if (!ended) log.warn({ connections: pool.totalCount }, 'database connections are still in use');
}

/** Waits for a server that is starting; a wrong password or database is an error at once. */
async function untilUp(pool: pg.Pool, log: Logger): Promise<void> {
  const deadline = performance.now() + START_PATIENCE_MS;
  for (;;) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch (error) {
      const refused = error instanceof pg.DatabaseError && !isLost(error);
      if (refused || performance.now() > deadline) throw error;
      log.warn({ err: error }, 'the database is not up yet');
      await sleep(500);
    }
  }
}
