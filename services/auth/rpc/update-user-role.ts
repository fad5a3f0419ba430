import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { UserRoleChangedSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { recordChange } from '@kreki/runtime/audit/audited';
import { type Person, personOf } from '@kreki/runtime/caller';
import type { Tx } from '@kreki/runtime/database/database';
import { event } from '@kreki/runtime/events/outbox';
import { type Account, userMessage } from '../accounts/account.ts';
import { userNotFound } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import { userSubject } from '../revocation/redis-keys.ts';
import { requireAnotherAdmin, requireCovered, requireRole } from '../roles/guards.ts';
import { lockAccount, updateRole } from '../store/accounts.ts';
import { outdateTokens } from '../store/revocations.ts';
import { lockAdmins } from '../store/roles.ts';
import type { UserAdminRpc } from './user-admin-rpc.ts';

export const updateUserRole =
  (context: Context): UserAdminRpc['updateUserRole'] =>
  async ({ userId, role }, rpc) => {
    const caller = personOf(rpc);
    const { account, revocations } = await context.database.transaction(async (tx) => {
      await lockAdmins(tx);
      const before = await lockAccount(tx, userId);
      if (before === undefined) throw userNotFound();
      if (before.roleName === role) return { account: before, revocations: [] };
      await requireChangeAllowed(tx, caller, before, role);
      const after = await updateRole(tx, userId, role);
      await context.outbox.append(tx, [roleChanged(before, after)]);
      const lifetimeMs = context.config.accessTokenLifetimeMs;
      const revocations = await outdateTokens(tx, userSubject(userId), lifetimeMs);
      recordChange(rpc, tx, `roles/${before.roleName}`);
      return { account: after, revocations };
    });
    context.outbox.wake();
    await context.revocations.publish(revocations);
    return { user: userMessage(context.personalData, account) };
  };

async function requireChangeAllowed(tx: Tx, caller: Person, account: Account, role: string): Promise<void> {
  requireCovered(caller, await requireRole(tx, account.roleName));
  requireCovered(caller, await requireRole(tx, role));
  await requireAnotherAdmin(tx, account);
}

function roleChanged(before: Account, after: Account) {
  const changeTime = timestampFromDate(after.updateTime);
  const change = { userId: after.id, previousRole: before.roleName, role: after.roleName, changeTime };
  return event(UserRoleChangedSchema, change, after.id);
}
