import type { Tx } from '@kreki/runtime/database/database';
import type { Account } from '../accounts/account.ts';
import { holdAccount } from '../store/accounts.ts';
import { issueTime } from '../store/revocations.ts';
import { holdRole } from '../store/roles.ts';

/** An account with what its role grants, as they are at one moment. */
export interface Rights {
  readonly account: Account;
  readonly permissions: readonly string[];
  /** Unix time in milliseconds of that moment. */
  readonly issuedAtMs: number;
}

/**
 * Reads an account's rights and keeps them from changing until the transaction ends, so that a token with old rights never bears
 * a time after their change. Undefined when there is no such account or it is closed.
 */
export async function holdRights(tx: Tx, userId: string): Promise<Rights | undefined> {
  const account = await holdAccount(tx, userId);
  if (!account?.active) return undefined;
  const role = await holdRole(tx, account.roleName);
  const issuedAtMs = await issueTime(tx, userId, account.roleName);
  return { account, permissions: role?.permissions ?? [], issuedAtMs };
}
