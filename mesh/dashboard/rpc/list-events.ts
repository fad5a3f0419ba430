import type { ServiceImpl } from '@connectrpc/connect';
import type { StreamService } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { eventMessage, managerOf, readBackwards } from '../events/read.ts';

const isToken = ({ before }: { before?: unknown }) => Number.isSafeInteger(before);

export const listEvents =
  ({ sources, eventTypes }: Context): ServiceImpl<typeof StreamService>['listEvents'] =>
  async ({ stream, type, aggregateId, pageSize: wanted, pageToken }) => {
    const { found, next } = await readBackwards(managerOf(sources.bus), stream, {
      before: decodePageToken<{ before: number }>(pageToken, isToken)?.before,
      limit: pageSize(wanted, 20, 100),
      matches: ({ header, subject }) =>
        (!type || (header.get('ce-type') || subject) === type) &&
        (!aggregateId || header.get('ce-subject') === aggregateId),
    });
    return {
      events: found.map((message) => eventMessage(eventTypes, message)),
      nextPageToken: next ? encodePageToken({ before: next }) : '',
    };
  };
