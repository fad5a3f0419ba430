import { byPrivilege } from '@kreki/runtime/audit/audited';
import { personOf } from '@kreki/runtime/caller';
import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { DISPATCHER, partOf } from '../emergencies/access.ts';
import { emergencyMessage } from '../emergencies/message.ts';
import { listOpen } from '../store/emergencies.ts';
import { offersTo } from '../store/offers.ts';
import type { Rpc } from './rpc.ts';

const PAGE = { default: 20, max: 100 };

interface Keyset {
  readonly after: string;
}

export const listActive =
  ({ database }: Context): Rpc<'listActive'> =>
  async ({ severity, pageSize: wanted, pageToken }, call) => {
    const person = personOf(call);
    const size = pageSize(wanted, PAGE.default, PAGE.max);
    const after = decodePageToken<Keyset>(
      pageToken,
      ({ after }) => typeof after === 'string' && UUID.test(after),
    )?.after;
    const scope = person.can(DISPATCHER.read) ? undefined : person.userId;
    if (!scope) byPrivilege(call);
    const rows = await listOpen(database.during(call.signal), { after, severity, limit: size + 1 }, scope);
    const page = rows.slice(0, size);
    const own = scope
      ? await offersTo(
          database,
          scope,
          page.map(({ id }) => id),
        )
      : new Map();
    const last = page.at(-1);
    return {
      emergencies: page.map((state) => {
        const offer = own.get(state.id);
        return emergencyMessage(state, partOf(person, state.id, state, offer).part, offer);
      }),
      nextPageToken: rows.length > size && last ? encodePageToken({ after: last.id } satisfies Keyset) : '',
    };
  };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
