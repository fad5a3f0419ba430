import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** What Redis is told about sessions and tokens. */
export interface Revocation {
  /** `session:<id>`, `user:<id>` or `role:<name>`. */
  readonly subject: string;
  /** 1 for a session, else the Unix time in milliseconds before which tokens are outdated. */
  readonly value: number;
  readonly expireTime: Date;
}

const REVOCATION = 'subject, value, expire_time AS "expireTime"';

const REVOKE_SESSIONS = prepared(
  'revocations_revoke_sessions',
  `INSERT INTO revocations (subject, value, expire_time)
   SELECT 'session:' || id, 1, now() + $2 * interval '1 ms' FROM unnest($1::text[]) AS id
   ON CONFLICT (subject) DO UPDATE SET expire_time = excluded.expire_time, published = false
   RETURNING ${REVOCATION}`,
);

const OUTDATE_TOKENS = prepared(
  'revocations_outdate_tokens',
  `INSERT INTO revocations (subject, value, expire_time)
   VALUES ($1, floor(extract(epoch FROM clock_timestamp()) * 1000) + 1, now() + $2 * interval '1 ms')
   ON CONFLICT (subject) DO UPDATE SET
     value = greatest(excluded.value, revocations.value + 1), expire_time = excluded.expire_time, published = false
   RETURNING ${REVOCATION}`,
);

const ISSUE_TIME = prepared(
  'revocations_issue_time',
  `SELECT greatest(floor(extract(epoch FROM clock_timestamp()) * 1000), max(value))::bigint AS "issuedAtMs"
   FROM revocations WHERE subject IN ('user:' || $1, 'role:' || $2)`,
);

const PAGE = prepared(
  'revocations_page',
  `SELECT ${REVOCATION} FROM revocations WHERE expire_time > now() AND subject > $1 ORDER BY subject LIMIT $2`,
);

const UNPUBLISHED = prepared(
  'revocations_unpublished',
  `SELECT ${REVOCATION} FROM revocations WHERE NOT published ORDER BY subject LIMIT $1`,
);

const PUBLISHED = prepared(
  'revocations_published',
  `UPDATE revocations SET published = true
   FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS told (subject, value, expire_time)
   WHERE revocations.subject = told.subject AND revocations.value = told.value
     AND revocations.expire_time = told.expire_time`,
);

const PURGE = prepared('revocations_purge', 'DELETE FROM revocations WHERE expire_time < now()');

/** Ends every token of these sessions. */
export const revokeSessions = (
  tx: Tx,
  sessionIds: readonly string[],
  tokenLifetimeMs: number,
): Promise<Revocation[]> =>
  sessionIds.length === 0 ? Promise.resolve([]) : tx.query<Revocation>(REVOKE_SESSIONS, [sessionIds, tokenLifetimeMs]);

/**
 * Outdates every token issued until now to a user (`user:<id>`) or to the holders of a role (`role:<name>`). Call it after the row
 * of the user or role is locked: whoever issues a token holds that row, and so comes either before this moment or after it.
 */
export const outdateTokens = (tx: Tx, subject: string, tokenLifetimeMs: number): Promise<Revocation[]> =>
  tx.query<Revocation>(OUTDATE_TOKENS, [subject, tokenLifetimeMs]);

/**
 * The Unix time in milliseconds for a token issued now: the database's clock, since replicas' clocks differ, and never before the
 * last change of the user's or the role's rights.
 */
export async function issueTime(tx: Tx, userId: string, role: string): Promise<number> {
  const [row] = await tx.query<{ issuedAtMs: number }>(ISSUE_TIME, [userId, role]);
  return row?.issuedAtMs ?? Date.now();
}

/** Revocations in force, in the order of their subjects. */
export const listRevocations = (database: Queryable, after: string, limit: number): Promise<Revocation[]> =>
  database.query<Revocation>(PAGE, [after, limit]);

export const listUnpublished = (database: Queryable, limit: number): Promise<Revocation[]> =>
  database.query<Revocation>(UNPUBLISHED, [limit]);

/** Notes that Redis has these, unless they have changed meanwhile. */
export async function markPublished(database: Queryable, revocations: readonly Revocation[]): Promise<void> {
  await database.query(PUBLISHED, [
    revocations.map((one) => one.subject),
    revocations.map((one) => one.value),
    revocations.map((one) => one.expireTime),
  ]);
}

export async function purgeRevocations(database: Queryable): Promise<void> {
  await database.query(PURGE);
}
