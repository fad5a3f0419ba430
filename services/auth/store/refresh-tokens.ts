import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { EndReason } from './sessions.ts';

/** A refresh token with what decides on it. */
export interface StoredRefreshToken {
  readonly sessionId: string;
  readonly userId: string;
  readonly endReason: EndReason | null;
  readonly expired: boolean;
  /** Milliseconds since it was spent; null when it has not been. */
  readonly spentAgoMs: number | null;
  readonly successorSealed: Buffer | null;
  readonly successorSpent: boolean;
}

const OWNER = prepared(
  'refresh_tokens_owner',
  `SELECT session.user_id AS "userId"
   FROM refresh_tokens token JOIN sessions session ON session.id = token.session_id
   WHERE token.hash = $1`,
);

const LOCK = prepared('refresh_tokens_lock', 'SELECT FROM refresh_tokens WHERE hash = $1 FOR UPDATE');

const READ = prepared(
  'refresh_tokens_read',
  `SELECT token.session_id AS "sessionId", session.user_id AS "userId", session.end_reason AS "endReason",
     token.expire_time <= now() AS "expired",
     (extract(epoch FROM clock_timestamp() - token.spent_time) * 1000)::float8 AS "spentAgoMs",
     token.successor_sealed AS "successorSealed",
     successor.spent_time IS NOT NULL AS "successorSpent"
   FROM refresh_tokens token
   JOIN sessions session ON session.id = token.session_id
   LEFT JOIN refresh_tokens successor ON successor.hash = token.successor_hash
   WHERE token.hash = $1`,
);

const INSERT = prepared(
  'refresh_tokens_insert',
  `INSERT INTO refresh_tokens (hash, session_id, expire_time) VALUES ($1, $2, now() + $3 * interval '1 ms')`,
);

const SPEND = prepared(
  'refresh_tokens_spend',
  `UPDATE refresh_tokens SET spent_time = clock_timestamp(), successor_hash = $2, successor_sealed = $3 WHERE hash = $1`,
);

const PURGE = prepared('refresh_tokens_purge', 'DELETE FROM refresh_tokens WHERE expire_time < now()');

/** Whose token it is; undefined when nobody's. */
export async function ownerOf(database: Queryable, hash: Buffer): Promise<string | undefined> {
  const [row] = await database.query<{ userId: string }>(OWNER, [hash]);
  return row?.userId;
}

/** Locks a token and reads it as it is once nobody else is using it. */
export async function lockRefreshToken(tx: Tx, hash: Buffer): Promise<StoredRefreshToken | undefined> {
  await tx.query(LOCK, [hash]);
  const [row] = await tx.query<StoredRefreshToken>(READ, [hash]);
  return row;
}

export async function insertRefreshToken(tx: Tx, hash: Buffer, sessionId: string, lifetimeMs: number): Promise<void> {
  await tx.query(INSERT, [hash, sessionId, lifetimeMs]);
}

/** Marks a token as spent for its successor. */
export async function spendRefreshToken(
  tx: Tx,
  hash: Buffer,
  successor: { hash: Buffer; sealed: Buffer },
): Promise<void> {
  await tx.query(SPEND, [hash, successor.hash, successor.sealed]);
}

/** Forgets tokens that would be refused as expired. */
export async function purgeRefreshTokens(database: Queryable): Promise<void> {
  await database.query(PURGE);
}
