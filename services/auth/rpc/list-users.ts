import { userMessage } from '../accounts/account.ts';
import type { Context } from '../context.ts';
import { newestFirst, pageOf } from '../store/newest-first.ts';
import type { UserAdminRpc } from './user-admin-rpc.ts';

export const listUsers =
  ({ prisma }: Context): UserAdminRpc['listUsers'] =>
  async (request) => {
    const { after, orderBy, take } = newestFirst(request);
    const named = request.query && { contains: literal(request.query), mode: 'insensitive' as const };
    const rows = await prisma.user.findMany({
      where: {
        ...(request.role && { roleName: request.role }),
        AND: [...after, ...(named ? [{ OR: [{ fullName: named }, { email: named }] }] : [])],
      },
      orderBy,
      take,
    });
    const { page, nextPageToken } = pageOf(rows, take);
    return { users: page.map(userMessage), nextPageToken };
  };

/** Prisma passes wildcards of LIKE on as they are. */
const literal = (query: string): string => query.replace(/[\\%_]/g, '\\$&');
