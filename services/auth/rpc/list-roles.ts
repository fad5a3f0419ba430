import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { roleMessage } from '../roles/role-message.ts';
import type { UserAdminRpc } from './user-admin-rpc.ts';

const isKeyset = ({ name }: { name?: unknown }): boolean => typeof name === 'string';

export const listRoles =
  ({ prisma }: Context): UserAdminRpc['listRoles'] =>
  async (request) => {
    const after = decodePageToken<{ name: string }>(request.pageToken, isKeyset);
    const limit = pageSize(request.pageSize, 20, 100);
    const rows = await prisma.role.findMany({
      ...(after && { where: { name: { gt: after.name } } }),
      orderBy: { name: 'asc' },
      take: limit + 1,
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      roles: page.map(roleMessage),
      nextPageToken: last && rows.length > limit ? encodePageToken({ name: last.name }) : '',
    };
  };
