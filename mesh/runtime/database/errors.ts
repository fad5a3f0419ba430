import { Code, ConnectError } from '@connectrpc/connect';
import pg from 'pg';
import { fail, tryLater } from '../errors.ts';
import { markFinal } from '../rpc/metadata.ts';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const DISK_FULL = '53100';

/** Whether the server rolled back a transaction that may well succeed when it runs again. */
export function isRetryable(error: unknown): boolean {
  const code = sqlState(error);
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
}

/** SQLSTATE of an error from the server, also of one that `databaseError` wrapped; undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.code;
  return error instanceof ConnectError && error.cause instanceof pg.DatabaseError ? error.cause.code : undefined;
}

/** Classes of SQLSTATE that say the server is gone, going or full, rather than that the statement is wrong. */
const UNAVAILABLE = /^(08|53|57P|25P03)/;
/** What node and pg say of a connection that cannot be had, or that was lost. */
const LOST =
  /ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|Connection terminated|timeout expired|Query read timeout|not queryable|Client was closed/i;
/** pg-pool's words when every connection stayed lent out. */
const EXHAUSTED = /timeout exceeded when trying to connect/i;

const IN_USE_RETRY_MS = 1_000;

/** Prisma's codes for a server that is not reached, does not answer in time, went away, or has no connection left. */
const PRISMA_LOST: ReadonlySet<string> = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2037']);

/** SQLSTATE behind an error of Prisma, as its driver adapter reports it; empty when there is none. */
function originalCode(error: Error): string {
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: { originalCode?: string } } } };
  return meta?.driverAdapterError?.cause?.originalCode ?? '';
}

/** Whether an error, also one that `databaseError` wrapped, says that a connection is not to be used any more. */
export function isLost(error: unknown): boolean {
  const cause = error instanceof ConnectError ? error.cause : error;
  if (!(cause instanceof Error)) return false;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (cause.name.startsWith('PrismaClient'))
    return PRISMA_LOST.has(code) || UNAVAILABLE.test(originalCode(cause)) || LOST.test(cause.message);
  return cause instanceof pg.DatabaseError ? UNAVAILABLE.test(code) : LOST.test(`${code} ${cause.message}`);
}

/** UNAVAILABLE when there is no connection to be had for all who ask: asking again at once would make them more. */
export function connectionsInUse(message: string, cause?: unknown): ConnectError {
  return markFinal(tryLater(Code.Unavailable, 'DATABASE_UNAVAILABLE', message, IN_USE_RETRY_MS, {}, cause));
}

/**
 * UNAVAILABLE with reason `DATABASE_UNAVAILABLE` when the database could not be reached, so that an idempotent call is sent again; every
 * other error as it is.
 */
export function databaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ConnectError) return error;
  const unavailable = (message: string) => fail(Code.Unavailable, 'DATABASE_UNAVAILABLE', message, {}, error);
  if (EXHAUSTED.test(error.message)) return connectionsInUse('every database connection is in use', error);
  if (sqlState(error) === DISK_FULL) return unavailable('the database has no space left on its disk');
  return isLost(error) ? unavailable('the database cannot be reached now') : error;
}
