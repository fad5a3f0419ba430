import { Code } from '@connectrpc/connect';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { userNotFound } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import { findAccount, replacePassword } from '../store/accounts.ts';
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
    const { passwordHash } = account;
    const newHash = await passwords.slots.run(async () => {
      const correct = await passwords.verify(passwordHash, currentPassword);
      return correct ? passwords.hash(newPassword) : undefined;
    }, rpc.signal);
    if (passwordHash === null || newHash === undefined) throw wrongPassword();
    const revocations = await database.transaction(async (tx) => {
      if (!(await replacePassword(tx, userId, passwordHash, newHash))) throw wrongPassword();
      const ended = await endSessions(tx, userId, 'password', sessionId);
      return revokeSessions(tx, ended, config.accessTokenLifetimeMs);
    });
    await context.revocations.publish(revocations);
    return {};
  };

const wrongPassword = () =>
  fail(Code.PermissionDenied, 'WRONG_PASSWORD', 'The current password is wrong.', { field: 'currentPassword' });
