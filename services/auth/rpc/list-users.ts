import { userMessage } from '../accounts/account.ts';
import { EMAIL } from '../accounts/personal-data.ts';
import type { Context } from '../context.ts';
import { newestFirst, pageOf } from '../store/newest-first.ts';
import type { UserAdminRpc } from './user-admin-rpc.ts';

export const listUsers =
  ({ prisma, personalData }: Context): UserAdminRpc['listUsers'] =>
  async (request) => {
    const { after, orderBy, take } = newestFirst(request);
    const { query } = request;
    const asked = query && [
      { fullName: { contains: literal(query), mode: 'insensitive' as const } },
      { emailLookup: new Uint8Array(personalData.lookup(EMAIL, query)) },
    ];
    const rows = await prisma.user.findMany({
      where: {
        ...(request.role && { roleName: request.role }),
        AND: [...after, ...(asked ? [{ OR: asked }] : [])],
      },
      orderBy,
      take,
    });
    const { page, nextPageToken } = pageOf(rows, take);
    return { users: page.map((account) => userMessage(personalData, account)), nextPageToken };
  };

/** Prisma passes wildcards of LIKE on as they are. */
const literal = (query: string): string => query.replace(/[\\%_]/g, '\\$&');
