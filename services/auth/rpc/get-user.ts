import { userMessage } from '../accounts/account.ts';
import { userNotFound } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import type { UserAdminRpc } from './user-admin-rpc.ts';

export const getUser =
  ({ prisma, personalData }: Context): UserAdminRpc['getUser'] =>
  async ({ userId }) => {
    const account = await prisma.user.findUnique({ where: { id: userId } });
    if (account === null) throw userNotFound();
    return { user: userMessage(personalData, account) };
  };
