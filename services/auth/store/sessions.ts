import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

export type EndReason = 'logout' | 'revoked' | 'reuse' | 'password' | 'deactivated';

/** The device a session is on. */
export interface Device {
  readonly userAgent: string;
  readonly ipAddress: string;
}

const INSERT = prepared(
  'sessions_insert',
  `INSERT INTO sessions (id, user_id, user_agent, ip_address, expire_time)
   VALUES ($1, $2, $3, $4, now() + $5 * interval '1 ms')`,
);

const RENEW = prepared(
  'sessions_renew',
  `UPDATE sessions SET last_use_time = now(), ip_address = $2, expire_time = now() + $3 * interval '1 ms' WHERE id = $1`,
);

const END = prepared(
  'sessions_end',
  `UPDATE sessions SET end_time = now(), end_reason = $2 WHERE id = $1 AND end_time IS NULL`,
);

const END_OTHERS = prepared(
  'sessions_end_others',
  `UPDATE sessions SET end_time = now(), end_reason = $3
   WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND end_time IS NULL
   RETURNING id`,
);

const OWNED = prepared('sessions_owned', 'SELECT FROM sessions WHERE id = $1 AND user_id = $2');

const PURGE = prepared('sessions_purge', `DELETE FROM sessions WHERE expire_time < now() - interval '1 day'`);

const USER_AGENT_MAX_LENGTH = 300;

export async function insertSession(
  tx: Tx,
  session: { id: string; userId: string; device: Device; lifetimeMs: number },
): Promise<void> {
  const { id, userId, device, lifetimeMs } = session;
  const userAgent = device.userAgent.slice(0, USER_AGENT_MAX_LENGTH);
  await tx.query(INSERT, [id, userId, userAgent, device.ipAddress, lifetimeMs]);
}

/** Notes a use of the session, and lets it live on from now. */
export async function renewSession(tx: Tx, id: string, ipAddress: string, lifetimeMs: number): Promise<void> {
  await tx.query(RENEW, [id, ipAddress, lifetimeMs]);
}

/** Does nothing to a session that has ended already. */
export async function endSession(tx: Tx, id: string, reason: EndReason): Promise<void> {
  await tx.query(END, [id, reason]);
}

/** Ends the sessions of a person, but for `keptId`; answers the ids of those it ended. */
export async function endSessions(
  tx: Tx,
  userId: string,
  reason: EndReason,
  keptId: string | null = null,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(END_OTHERS, [userId, keptId, reason]);
  return rows.map((row) => row.id);
}

export async function ownsSession(database: Queryable, userId: string, sessionId: string): Promise<boolean> {
  return (await database.query(OWNED, [sessionId, userId])).length > 0;
}

/** Forgets sessions whose last refresh token expired. */
export async function purgeSessions(database: Queryable): Promise<void> {
  await database.query(PURGE);
}
