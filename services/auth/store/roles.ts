import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** A role as the database has it. */
export interface StoredRole {
  readonly name: string;
  readonly description: string;
  /** Each `resource:action`. */
  readonly permissions: readonly string[];
}

const ROLE = 'name, description, permissions';
const FIND = prepared('roles_find', `SELECT ${ROLE} FROM roles WHERE name = $1`);
const HOLD = prepared('roles_hold', `SELECT ${ROLE} FROM roles WHERE name = $1 FOR SHARE`);
const LOCK = prepared('roles_lock', `SELECT ${ROLE} FROM roles WHERE name = $1 FOR UPDATE`);

const UPSERT = prepared(
  'roles_upsert',
  `INSERT INTO roles (name, description, permissions) VALUES ($1, $2, $3)
   ON CONFLICT (name) DO UPDATE SET
     description = excluded.description, permissions = excluded.permissions, update_time = now()
   RETURNING ${ROLE}`,
);

/** Serialises what could leave the organisation without an admin. */
const LOCK_ADMINS = prepared('roles_lock_admins', `SELECT pg_advisory_xact_lock(hashtext('auth admins'))`);

const OTHER_ADMINS = prepared(
  'roles_other_admins',
  `SELECT EXISTS (SELECT FROM users WHERE role = 'admin' AND active AND id <> $1) AS "exist"`,
);

export const findRole = async (database: Queryable, name: string): Promise<StoredRole | undefined> =>
  (await database.query<StoredRole>(FIND, [name]))[0];

/** Keeps a role from changing until the transaction ends. */
export const holdRole = async (tx: Tx, name: string): Promise<StoredRole | undefined> =>
  (await tx.query<StoredRole>(HOLD, [name]))[0];

/** Locks a role to change it. */
export const lockRole = async (tx: Tx, name: string): Promise<StoredRole | undefined> =>
  (await tx.query<StoredRole>(LOCK, [name]))[0];

export async function upsertRole(tx: Tx, role: StoredRole): Promise<void> {
  await tx.query(UPSERT, [role.name, role.description, role.permissions]);
}

export async function lockAdmins(tx: Tx): Promise<void> {
  await tx.query(LOCK_ADMINS);
}

/** Whether an active admin other than this account exists. */
export async function otherAdminsExist(tx: Tx, userId: string): Promise<boolean> {
  const [row] = await tx.query<{ exist: boolean }>(OTHER_ADMINS, [userId]);
  return row?.exist === true;
}
