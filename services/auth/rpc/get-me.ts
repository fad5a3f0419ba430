import { personOf } from '@kreki/runtime/caller';
import { userMessage } from '../accounts/account.ts';
import { userNotFound } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const getMe =
  ({ prisma }: Context): AuthRpc['getMe'] =>
  async (_request, rpc) => {
    const account = await prisma.user.findUnique({ where: { id: personOf(rpc).userId }, include: { role: true } });
    if (account === null) throw userNotFound();
    return { user: userMessage(account), permissions: account.role.permissions };
  };
