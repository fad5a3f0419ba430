import { personOf } from '@kreki/runtime/caller';
import { userMessage } from '../accounts/account.ts';
import { userNotFound } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import { findAccount } from '../store/accounts.ts';
import { findRole } from '../store/roles.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const getMe =
  ({ database, personalData }: Context): AuthRpc['getMe'] =>
  async (_request, rpc) => {
    const account = await findAccount(database, personOf(rpc).userId);
    if (account === undefined) throw userNotFound();
    const role = await findRole(database, account.roleName);
    return { user: userMessage(personalData, account), permissions: [...(role?.permissions ?? [])] };
  };
