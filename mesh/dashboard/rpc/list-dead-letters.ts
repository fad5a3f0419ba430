import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import type { StreamService } from '@kreki/gen/kreki/mesh/v1/stream_service_pb.js';
import { type DeadLetter, listDeadLetters as list } from '@kreki/runtime/events/dead-letters';
import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { eventJson } from '../events/decode.ts';
import { managerOf } from '../events/read.ts';

const isToken = ({ after }: { after?: unknown }) => Number.isSafeInteger(after);
/** Dead letters looked at for one page. */
const SCAN_MAX = 2_000;

export const listDeadLetters =
  ({ sources: { bus }, eventTypes }: Context): ServiceImpl<typeof StreamService>['listDeadLetters'] =>
  async ({ durable, pageSize: wanted, pageToken }) => {
    managerOf(bus);
    const limit = pageSize(wanted, 20, 100);
    const found: DeadLetter[] = [];
    let after = decodePageToken<{ after: number }>(pageToken, isToken)?.after ?? 0;
    let more = true;
    for (let scanned = 0; bus && more && found.length < limit && scanned < SCAN_MAX; scanned += limit) {
      const page = await list(bus, { after, limit });
      more = page.length === limit;
      for (const letter of page) {
        if (found.length === limit) {
          more = true;
          break;
        }
        after = letter.seq;
        if (!durable || letter.durable === durable) found.push(letter);
      }
    }
    return {
      deadLetters: found.map((letter) => ({
        seq: BigInt(letter.seq),
        durable: letter.durable,
        reason: letter.reason,
        attempts: letter.attempts,
        dieTime: timestampFromDate(letter.diedAt),
        event: {
          id: letter.id,
          type: letter.subject,
          aggregateId: letter.aggregateId,
          contentJson: eventJson(eventTypes, letter.subject, letter.payload),
          size: letter.payload.length,
        },
      })),
      nextPageToken: more ? encodePageToken({ after }) : '',
    };
  };
