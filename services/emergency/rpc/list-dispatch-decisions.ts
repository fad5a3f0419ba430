import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { noSuchEmergency } from '../emergencies/refusals.ts';
import { listDecisions } from '../store/dispatch.ts';
import { findEmergency } from '../store/emergencies.ts';
import type { Rpc } from './rpc.ts';

const PAGE = { default: 100, max: 500 };

interface Keyset {
  readonly after: number;
}

export const listDispatchDecisions =
  ({ database }: Context): Rpc<'listDispatchDecisions'> =>
  async ({ id, pageSize: wanted, pageToken }, call) => {
    const size = pageSize(wanted, PAGE.default, PAGE.max);
    const after = decodePageToken<Keyset>(pageToken, ({ after }) => Number.isSafeInteger(after))?.after ?? 0;
    const rows = await listDecisions(database.during(call.signal), id, after, size + 1);
    if (rows.length === 0 && !(await findEmergency(database, id))) throw noSuchEmergency(id);
    const page = rows.slice(0, size);
    const last = page.at(-1);
    return {
      decisions: page.map(({ decidedAt, action, volunteerId, distanceMeters, radiusMeters, reason }) => ({
        decideTime: timestampFromDate(decidedAt),
        action,
        volunteerId: volunteerId ?? '',
        distanceMeters,
        radiusMeters,
        reason,
      })),
      nextPageToken: rows.length > size && last ? encodePageToken({ after: last.seq } satisfies Keyset) : '',
    };
  };
