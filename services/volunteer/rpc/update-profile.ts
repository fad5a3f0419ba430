import { Code } from '@connectrpc/connect';
import type { UpdateProfileRequest } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { noProfile } from '../profiles/refusals.ts';
import { loadProfile, type ProfileChange, updateProfileRow } from '../store/profiles.ts';
import type { Rpc } from './rpc.ts';

export const updateProfile =
  (context: Context): Rpc<'updateProfile'> =>
  async (request, call) => {
    const { userId } = personOf(call);
    const updated = await updateProfileRow(context.database, userId, changeOf(request), request.etag);
    if (!updated && !(await context.prisma.volunteer.findUnique({ where: { id: userId }, select: { id: true } }))) {
      throw noProfile();
    }
    if (!updated) throw fail(Code.Aborted, 'ETAG_MISMATCH', 'the profile has changed since you read it; read it again');
    return { volunteer: await loadProfile(context, userId) };
  };

const FIELDS = ['display_name', 'skills', 'time_zone'];

/** The fields that the mask names; without a mask those that are given. A name and a time zone cannot be emptied. */
function changeOf({ displayName, skills, timeZone, updateMask }: UpdateProfileRequest): ProfileChange {
  const paths = updateMask?.paths ?? [];
  const unknown = paths.find((path) => !FIELDS.includes(path));
  if (unknown !== undefined) {
    throw refuse('update_mask', `update_mask may name ${FIELDS.join(', ')}, not ${unknown}`);
  }
  if (paths.includes('display_name') && displayName === '')
    throw refuse('display_name', 'display_name may not be empty');
  if (paths.includes('time_zone') && timeZone === '') throw refuse('time_zone', 'time_zone may not be empty');
  const named = (path: string, given: boolean) => (paths.length > 0 ? paths.includes(path) : given);
  return {
    displayName: named('display_name', displayName !== '') ? displayName : undefined,
    skills: named('skills', skills.length > 0) ? skills : undefined,
    timeZone: named('time_zone', timeZone !== '') ? timeZone : undefined,
  };
}

const refuse = (field: string, message: string) => fail(Code.InvalidArgument, 'FIELD_INVALID', message, { field });
