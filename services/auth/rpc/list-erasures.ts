import type { Context } from '../context.ts';
import { erasureMessage } from '../erasure/erasure-message.ts';
import { newestFirst, pageOf } from '../store/newest-first.ts';
import type { PrivacyRpc } from './privacy-rpc.ts';

export const listErasures =
  ({ prisma }: Context): PrivacyRpc['listErasures'] =>
  async (request) => {
    const { after, orderBy, take } = newestFirst(request);
    const rows = await prisma.erasure.findMany({
      where: { ...(request.pendingOnly && { completeTime: null }), AND: after },
      include: { steps: true },
      orderBy,
      take,
    });
    const { page, nextPageToken } = pageOf(rows, take);
    const erasures = page.map((erasure) => {
      const { userId, reference } = erasure;
      return { ...erasureMessage(erasure), userId, reference };
    });
    return { erasures, nextPageToken };
  };
