import type { ServiceImpl } from '@connectrpc/connect';
import type { LogService } from '@kreki/gen/kreki/mesh/v1/log_service_pb.js';
import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { logMatcher } from '../logs/filter.ts';
import { spanOf } from '../signals/range.ts';
import type { HeldLog } from '../store/logs.ts';
import { isPlace, type Place } from '../store/segments.ts';
import { logMessage } from '../traces/messages.ts';

/** A search stops after this many records, and goes on with the next page. */
const SCAN_MAX = 400_000;

export const searchLogs =
  ({ telemetry: { logs } }: Context): ServiceImpl<typeof LogService>['searchLogs'] =>
  ({ filter, range, pageSize: wanted, pageToken }) => {
    const matches = logMatcher(filter);
    const { startMs, endMs } = spanOf(range);
    const limit = pageSize(wanted, 100, 500);
    const found: HeldLog[] = [];
    let scanned = 0;
    let nextPageToken = '';
    for (const log of logs.backwards(decodePageToken<Place>(pageToken, isPlace))) {
      scanned += 1;
      if (found.length === limit || scanned > SCAN_MAX) {
        nextPageToken = encodePageToken({ segment: log.segment, index: log.index + 1 } satisfies Place);
        break;
      }
      if (log.timeMs >= startMs && log.timeMs <= endMs && matches(log)) found.push(log);
    }
    return { records: found.map(logMessage), nextPageToken };
  };
