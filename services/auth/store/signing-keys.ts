import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { StoredKey } from '../signing-keys/signing-key.ts';

const LOCK = prepared('signing_keys_lock', `SELECT pg_advisory_xact_lock(hashtext('auth signing keys'))`);

const LIST = prepared(
  'signing_keys_list',
  `SELECT kid, private_key_sealed AS "privateKeySealed", create_time AS "createTime", active_time AS "activeTime"
   FROM signing_keys ORDER BY active_time, kid`,
);

const INSERT = prepared(
  'signing_keys_insert',
  `INSERT INTO signing_keys (kid, private_key_sealed, create_time, active_time) VALUES ($1, $2, $3, $4)`,
);

const DELETE = prepared('signing_keys_delete', 'DELETE FROM signing_keys WHERE kid = ANY($1::text[])');

/** Lets one replica at a time decide on rotation. */
export async function lockKeys(tx: Tx): Promise<void> {
  await tx.query(LOCK);
}

export const listKeys = (database: Queryable): Promise<StoredKey[]> => database.query<StoredKey>(LIST);

export async function insertKey(tx: Tx, key: StoredKey): Promise<void> {
  await tx.query(INSERT, [key.kid, key.privateKeySealed, key.createTime, key.activeTime]);
}

export async function deleteKeys(tx: Tx, kids: readonly string[]): Promise<void> {
  await tx.query(DELETE, [kids]);
}
