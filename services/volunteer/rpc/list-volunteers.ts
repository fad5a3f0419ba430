import { DutyStatus } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { decodePageToken, encodePageToken, pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { listByName, type NameKey } from '../store/listing.ts';
import { loadProfiles } from '../store/profiles.ts';
import type { Rpc } from './rpc.ts';

const PAGE_DEFAULT = 20;
const PAGE_MAX = 100;

export const listVolunteers =
  (context: Context): Rpc<'listVolunteers'> =>
  async (request, { signal }) => {
    const size = pageSize(request.pageSize, PAGE_DEFAULT, PAGE_MAX);
    const keys = await listByName(context.database.during(signal), {
      onDuty: request.dutyStatus ? request.dutyStatus === DutyStatus.ON_DUTY : undefined,
      skill: request.skill || undefined,
      after: decodePageToken<NameKey>(request.pageToken, isNameKey),
      count: size + 1,
    });
    const page = keys.slice(0, size);
    const last = keys.length > size ? page.at(-1) : undefined;
    const volunteers = await loadProfiles(
      context,
      page.map(({ id }) => id),
    );
    return { volunteers, nextPageToken: last ? encodePageToken(last) : '' };
  };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const isNameKey = ({ name, id }: Partial<Record<keyof NameKey, unknown>>) =>
  typeof name === 'string' && !name.includes('\0') && typeof id === 'string' && UUID.test(id);
