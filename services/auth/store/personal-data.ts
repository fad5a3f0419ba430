import type { Tx } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

/** Sessions and their refresh tokens go with the account. */
const DELETE_ACCOUNT = prepared('accounts_delete', 'DELETE FROM users WHERE id = $1');

export async function deleteAccount(tx: Tx, userId: string): Promise<void> {
  await tx.query(DELETE_ACCOUNT, [userId]);
}
