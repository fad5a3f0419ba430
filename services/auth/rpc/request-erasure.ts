import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { eraseAccount } from '../erasure/erase-account.ts';
import { erasureMessage, loadErasure } from '../erasure/erasure-message.ts';
import { requireFree } from '../erasure/holders.ts';
import { findAccount } from '../store/accounts.ts';
import type { PrivacyRpc } from './privacy-rpc.ts';

export const requestErasure =
  (context: Context): PrivacyRpc['requestErasure'] =>
  async ({ password, requestId }, rpc) => {
    const { database, holders, passwords } = context;
    const { userId } = personOf(rpc);
    const passwordHash = (await findAccount(database, userId))?.passwordHash;
    if (passwordHash !== undefined) {
      const correct = await passwords.slots.run(() => passwords.verify(passwordHash, password), rpc.signal);
      if (!correct) throw wrongPassword();
      await requireFree(holders, userId, rpc);
    }
    const id = await eraseAccount(context, {
      id: requestId || randomUUID(),
      userId,
      reference: '',
      allow(_tx, account) {
        if (account.passwordHash !== passwordHash) throw wrongPassword();
      },
    });
    return { erasure: erasureMessage(await loadErasure(context, id)) };
  };

const wrongPassword = () =>
  fail(Code.PermissionDenied, 'WRONG_PASSWORD', 'The password is wrong.', { field: 'password' });
