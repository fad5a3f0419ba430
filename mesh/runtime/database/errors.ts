import { Code, ConnectError } from '@connectrpc/connect';
import pg from 'pg';
import { fail } from '../errors.ts';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';

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
const LOST =
  /ECONN|EPIPE|ETIMEDOUT|Connection terminated|timeout exceeded when trying to connect|not queryable|terminating/i;

/**
 * UNAVAILABLE with reason `DATABASE_UNAVAILABLE` when the database could not be reached, so that an idempotent call is sent again; every
 * other error as it is.
 */
export function databaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ConnectError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const unavailable =
    error instanceof pg.DatabaseError ? UNAVAILABLE.test(code) : LOST.test(`${code} ${error.message}`);
  if (!unavailable) return error;
  return fail(Code.Unavailable, 'DATABASE_UNAVAILABLE', 'the database cannot be reached now', {}, error);
}
