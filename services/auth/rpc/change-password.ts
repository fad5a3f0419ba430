import { Code } from '@connectrpc/connect';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { userNotFound } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import { findAccount, updatePassword } from '../store/accounts.ts';
import { revokeSessions } from '../store/revocations.ts';
import { endSessions } from '../store/sessions.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const changePassword =
  (context: Context): AuthRpc['changePassword'] =>
  async ({ currentPassword, newPassword }, rpc) => {
    const { config, database, passwords } = context;
    const { userId, sessionId } = personOf(rpc);
    const account = await findAccount(database, userId);
    if (account === undefined) throw userNotFound();
    const newHash = await passwords.slots.run(async () => {
      if (await passwords.verify(account.passwordHash, currentPassword)) return passwords.hash(newPassword);
      throw fail(Code.PermissionDenied, 'WRONG_PASSWORD', 'The current password is wrong.', {
        field: 'currentPassword',
      });
    }, rpc.signal);
    const revocations = await database.transaction(async (tx) => {
      await updatePassword(tx, userId, newHash);
      const ended = await endSessions(tx, userId, 'password', sessionId);
      return revokeSessions(tx, ended, config.accessTokenLifetimeMs);
    });
    await context.revocations.publish(revocations);
    return {};
  };
