import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { UserDeactivatedSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { recordChange } from '@kreki/runtime/audit/audited';
import { personOf } from '@kreki/runtime/caller';
import { event } from '@kreki/runtime/events/outbox';
import { userMessage } from '../accounts/account.ts';
import { userNotFound } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import { userSubject } from '../revocation/redis-keys.ts';
import { requireAnotherAdmin, requireCovered, requireRole } from '../roles/guards.ts';
import { deactivateAccount, lockAccount } from '../store/accounts.ts';
import { outdateTokens, revokeSessions } from '../store/revocations.ts';
import { lockAdmins } from '../store/roles.ts';
import { endSessions } from '../store/sessions.ts';
import type { UserAdminRpc } from './user-admin-rpc.ts';

export const deactivateUser =
  (context: Context): UserAdminRpc['deactivateUser'] =>
  async ({ userId, reason }, rpc) => {
    const caller = personOf(rpc);
    const lifetimeMs = context.config.accessTokenLifetimeMs;
    const { account, revocations } = await context.database.transaction(async (tx) => {
      await lockAdmins(tx);
      const before = await lockAccount(tx, userId);
      if (before === undefined) throw userNotFound();
      if (!before.active) return { account: before, revocations: [] };
      requireCovered(caller, await requireRole(tx, before.roleName));
      await requireAnotherAdmin(tx, before);
      const after = await deactivateAccount(tx, userId, reason);
      const deactivateTime = timestampFromDate(after.updateTime);
      await context.outbox.append(tx, [event(UserDeactivatedSchema, { userId, deactivateTime }, userId)]);
      const sessions = await revokeSessions(tx, await endSessions(tx, userId, 'deactivated'), lifetimeMs);
      const tokens = await outdateTokens(tx, userSubject(userId), lifetimeMs);
      recordChange(rpc, tx);
      return { account: after, revocations: [...sessions, ...tokens] };
    });
    context.outbox.wake();
    await context.revocations.publish(revocations);
    return { user: userMessage(context.personalData, account) };
  };
