import type { ServiceImpl } from '@connectrpc/connect';
import type { TraceService } from '@kreki/gen/kreki/mesh/v1/trace_service_pb.js';
import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { isPlace, type Place } from '../store/segments.ts';
import { timestampOf } from '../timestamp.ts';
import { matcher } from '../traces/filter.ts';
import { searchTraces as search } from '../traces/search.ts';

export const searchTraces =
  ({ telemetry: { spans } }: Context): ServiceImpl<typeof TraceService>['searchTraces'] =>
  (request) => {
    const from = decodePageToken<Place>(request.pageToken, isPlace);
    const { traces, next } = search(spans, matcher(request), { from, limit: pageSize(request.pageSize, 20, 100) });
    const { oldestMs } = spans;
    return {
      traces,
      nextPageToken: next ? encodePageToken(next) : '',
      ...(oldestMs !== undefined && { oldestTime: timestampOf(oldestMs) }),
    };
  };
