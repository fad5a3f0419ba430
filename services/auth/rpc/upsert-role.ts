import { Code } from '@connectrpc/connect';
import { recordChange } from '@kreki/runtime/audit/audited';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { roleSubject } from '../revocation/redis-keys.ts';
import { requireAdminKeepsRoles } from '../roles/guards.ts';
import { permissionTexts } from '../roles/permissions.ts';
import { roleMessage } from '../roles/role-message.ts';
import { outdateTokens } from '../store/revocations.ts';
import { lockRole, type StoredRole, upsertRole as writeRole } from '../store/roles.ts';
import type { UserAdminRpc } from './user-admin-rpc.ts';

export const upsertRole =
  (context: Context): UserAdminRpc['upsertRole'] =>
  async ({ role }, rpc) => {
    if (role === undefined) throw fail(Code.InvalidArgument, 'ROLE_MISSING', 'No role was given.');
    const { name, description } = role;
    const wanted: StoredRole = { name, description, permissions: permissionTexts(role.permissions) };
    requireAdminKeepsRoles(wanted);
    const revocations = await context.database.transaction(async (tx) => {
      const before = await lockRole(tx, name);
      await writeRole(tx, wanted);
      const outdated = before !== undefined && !sameRights(before, wanted);
      const lifetimeMs = context.config.accessTokenLifetimeMs;
      const tokens = outdated ? await outdateTokens(tx, roleSubject(name), lifetimeMs) : [];
      recordChange(rpc, tx);
      return tokens;
    });
    await context.revocations.publish(revocations);
    return { role: roleMessage(wanted) };
  };

const sameRights = (before: StoredRole, after: StoredRole): boolean =>
  new Set(before.permissions).symmetricDifference(new Set(after.permissions)).size === 0;
