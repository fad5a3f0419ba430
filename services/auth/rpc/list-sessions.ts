import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { newestFirst, pageOf } from '../store/newest-first.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const listSessions =
  ({ prisma }: Context): AuthRpc['listSessions'] =>
  async (request, rpc) => {
    const caller = personOf(rpc);
    const { after, orderBy, take } = newestFirst(request);
    const rows = await prisma.session.findMany({
      where: { userId: caller.userId, endTime: null, expireTime: { gt: new Date() }, AND: after },
      orderBy,
      take,
    });
    const { page, nextPageToken } = pageOf(rows, take);
    return {
      sessions: page.map((session) => ({
        id: session.id,
        userAgent: session.userAgent,
        ipAddress: session.ipAddress,
        createTime: timestampFromDate(session.createTime),
        lastUseTime: timestampFromDate(session.lastUseTime),
        expireTime: timestampFromDate(session.expireTime),
        current: session.id === caller.sessionId,
      })),
      nextPageToken,
    };
  };
