import type pg from 'pg';
import type { Logger } from '../log.ts';
import type { Prepared } from './sql.ts';

/** What runs statements: a database by itself, or a transaction on it. */
export interface Queryable {
  /** Sends a prepared statement, one round trip. int8 comes as number, timestamptz as Date, date as `YYYY-MM-DD`, bytea as Buffer. */
  query<Row extends object = Record<string, unknown>>(statement: Prepared, values?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction under way. */
export interface Tx extends Queryable {
  /** The connection it runs on, for what a prepared statement cannot do. */
  readonly client: pg.ClientBase;
}

export interface Database extends Queryable {
  /** The pool itself, for Prisma: `new PrismaPg(database.pool)`. */
  readonly pool: pg.Pool;
  /**
   * Commits what `work` did, or nothing. `work` runs again (up to 5 times) after a serialisation failure or a deadlock, so that it
   * does nothing outside the transaction; every other failure is thrown, without another try.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Whether the server answers now; for readiness. */
  healthy(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  readonly log: Logger;
  /** Shown in pg_stat_activity; the service's name. */
  readonly name: string;
  /** Folder of Prisma's migrations, applied before the database is handed out. */
  readonly migrations?: URL;
  /** Connections of the pool. */
  readonly max?: number;
  readonly statementTimeoutMs?: number;
}

/** Opens a pool on a database, waits for the server when it is not up yet, and brings the schema up to date. */
export declare function openDatabase(url: string, options: DatabaseOptions): Promise<Database>;
