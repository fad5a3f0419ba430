import { Code } from '@connectrpc/connect';
import type { Person } from '@kreki/runtime/caller';
import type { Tx } from '@kreki/runtime/database/database';
import { fail } from '@kreki/runtime/errors';
import type { Account } from '../accounts/account.ts';
import { holdRole, otherAdminsExist, type StoredRole } from '../store/roles.ts';

export const ADMIN = 'admin';
/** The role of who registers. */
export const PUBLIC = 'public';
const CHANGE_ROLES = 'roles:update';

/** @throws ConnectError NOT_FOUND `ROLE_NOT_FOUND`. */
export async function requireRole(tx: Tx, name: string): Promise<StoredRole> {
  const role = await holdRole(tx, name);
  if (role === undefined) throw fail(Code.NotFound, 'ROLE_NOT_FOUND', 'There is no such role.', { role: name });
  return role;
}

/**
 * Nobody gives or takes rights that they have not themselves: the right to manage accounts would otherwise be every right.
 * @throws ConnectError PERMISSION_DENIED `ROLE_ABOVE_CALLER`.
 */
export function requireCovered(caller: Person, role: StoredRole): void {
  if (role.permissions.every((permission) => caller.can(permission))) return;
  throw fail(Code.PermissionDenied, 'ROLE_ABOVE_CALLER', 'This role grants more than your own.', { role: role.name });
}

/** @throws ConnectError FAILED_PRECONDITION `LAST_ADMIN` when nobody could administer accounts without this one. */
export async function requireAnotherAdmin(tx: Tx, account: Account): Promise<void> {
  if (account.roleName !== ADMIN || !account.active || (await otherAdminsExist(tx, account.id))) return;
  throw fail(Code.FailedPrecondition, 'LAST_ADMIN', 'This is the last admin.');
}

/** @throws ConnectError FAILED_PRECONDITION `ADMIN_LOCKOUT` when nobody could change roles any more. */
export function requireAdminKeepsRoles(role: StoredRole): void {
  if (role.name !== ADMIN || role.permissions.includes(CHANGE_ROLES)) return;
  throw fail(Code.FailedPrecondition, 'ADMIN_LOCKOUT', `The role ${ADMIN} cannot lose ${CHANGE_ROLES}.`);
}
