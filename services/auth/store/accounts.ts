import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { Account } from '../accounts/account.ts';
import type { LocaleCode } from '../accounts/locale.ts';
import type { Sealed } from '../accounts/personal-data.ts';

const ACCOUNT = `id, email_sealed AS "emailSealed", email_lookup AS "emailLookup", phone_sealed AS "phoneSealed",
  password_hash AS "passwordHash", full_name AS "fullName", role AS "roleName", verified, active, locale, create_time AS "createTime", update_time AS "updateTime", version`;

const FIND = prepared('accounts_find', `SELECT ${ACCOUNT} FROM users WHERE id = $1`);
const FIND_BY_EMAIL = prepared('accounts_find_by_email', `SELECT ${ACCOUNT} FROM users WHERE email_lookup = $1`);
const FIND_BY_REQUEST = prepared(
  'accounts_find_by_request',
  `SELECT ${ACCOUNT} FROM users WHERE register_request_id = $1`,
);
const LOCK = prepared('accounts_lock', `SELECT ${ACCOUNT} FROM users WHERE id = $1 FOR UPDATE`);
const HOLD = prepared('accounts_hold', `SELECT ${ACCOUNT} FROM users WHERE id = $1 FOR SHARE`);

const INSERT = prepared(
  'accounts_insert',
  `INSERT INTO users (id, email_sealed, email_lookup, phone_sealed, phone_lookup, password_hash, full_name, role, locale,
     register_request_id)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
   RETURNING ${ACCOUNT}`,
);

const UPDATE_PROFILE = prepared(
  'accounts_update_profile',
  `UPDATE users SET
     full_name = coalesce($2, full_name),
     phone_sealed = CASE WHEN $3::boolean THEN $4 ELSE phone_sealed END,
     phone_lookup = CASE WHEN $3::boolean THEN $5 ELSE phone_lookup END,
     locale = coalesce($6, locale),
     update_time = now(),
     version = version + 1
   WHERE id = $1
   RETURNING ${ACCOUNT}`,
);

const REPLACE_PASSWORD = prepared(
  'accounts_replace_password',
  'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id',
);

const UPDATE_ROLE = prepared(
  'accounts_update_role',
  `UPDATE users SET role = $2, update_time = now(), version = version + 1 WHERE id = $1 RETURNING ${ACCOUNT}`,
);

const DEACTIVATE = prepared(
  'accounts_deactivate',
  `UPDATE users SET active = false, deactivate_time = now(), deactivate_reason = $2, update_time = now(), version = version + 1
   WHERE id = $1
   RETURNING ${ACCOUNT}`,
);

/** A new account as it is written. */
export interface NewAccount {
  readonly id: string;
  readonly email: Sealed;
  readonly phone: Sealed | null;
  readonly passwordHash: string;
  readonly fullName: string;
  readonly roleName: string;
  readonly locale: LocaleCode;
  readonly requestId: string | null;
}

/** What to change of an account; what is undefined stays. */
export interface StoredProfileChange {
  readonly fullName?: string | undefined;
  /** Null removes it. */
  readonly phone?: Sealed | null | undefined;
  readonly locale?: LocaleCode | undefined;
}

const first = async (rows: Promise<Account[]>): Promise<Account | undefined> => (await rows)[0];

export const findAccount = (database: Queryable, id: string) => first(database.query<Account>(FIND, [id]));

export const findAccountByEmail = (database: Queryable, emailLookup: Buffer) =>
  first(database.query<Account>(FIND_BY_EMAIL, [emailLookup]));

export const findAccountByRequest = (database: Queryable, requestId: string) =>
  first(database.query<Account>(FIND_BY_REQUEST, [requestId]));

/** Locks an account to change it. */
export const lockAccount = (tx: Tx, id: string) => first(tx.query<Account>(LOCK, [id]));

/** Keeps an account from changing until the transaction ends. */
export const holdAccount = (tx: Tx, id: string) => first(tx.query<Account>(HOLD, [id]));

export const insertAccount = (tx: Tx, account: NewAccount) =>
  one(
    tx.query<Account>(INSERT, [
      account.id,
      account.email.sealed,
      account.email.lookup,
      account.phone?.sealed ?? null,
      account.phone?.lookup ?? null,
      account.passwordHash,
      account.fullName,
      account.roleName,
      account.locale,
      account.requestId,
    ]),
  );

export const updateProfile = (tx: Tx, id: string, change: StoredProfileChange) =>
  one(
    tx.query<Account>(UPDATE_PROFILE, [
      id,
      change.fullName ?? null,
      change.phone !== undefined,
      change.phone?.sealed ?? null,
      change.phone?.lookup ?? null,
      change.locale ?? null,
    ]),
  );

/** Replaces a password hash, unless another has taken its place since it was verified. */
export async function replacePassword(
  database: Queryable,
  id: string,
  verifiedHash: string,
  newHash: string,
): Promise<boolean> {
  return (await database.query(REPLACE_PASSWORD, [id, verifiedHash, newHash])).length > 0;
}

export const updateRole = (tx: Tx, id: string, role: string) => one(tx.query<Account>(UPDATE_ROLE, [id, role]));

export const deactivateAccount = (tx: Tx, id: string, reason: string) =>
  one(tx.query<Account>(DEACTIVATE, [id, reason || null]));

async function one(rows: Promise<Account[]>): Promise<Account> {
  const [account] = await rows;
  if (account === undefined) throw new Error('the account is gone');
  return account;
}
