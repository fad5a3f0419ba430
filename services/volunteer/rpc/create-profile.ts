import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { VolunteerJoinedSchema } from '@kreki/gen/kreki/volunteer/v1/volunteer_events_pb.js';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { event } from '@kreki/runtime/events/outbox';
import type { Context } from '../context.ts';
import { insertProfile, loadProfile } from '../store/profiles.ts';
import type { Rpc } from './rpc.ts';

const DEFAULT_TIME_ZONE = 'Asia/Jakarta';

export const createProfile =
  (context: Context): Rpc<'createProfile'> =>
  async ({ displayName, skills, timeZone, requestId }, call) => {
    const { database, outbox, prisma } = context;
    const id = personOf(call).userId;
    const profile = {
      id,
      displayName,
      skills,
      timeZone: timeZone || DEFAULT_TIME_ZONE,
      requestId: requestId || undefined,
    };
    const joined = await database.transaction(async (tx) => {
      const joinedAt = await insertProfile(tx, profile);
      if (!joinedAt) return false;
      const joining = { volunteerId: id, joinTime: timestampFromDate(joinedAt) };
      await outbox.append(tx, [event(VolunteerJoinedSchema, joining, id)]);
      return true;
    });
    if (joined) outbox.wake();
    else if (!requestId || !(await prisma.volunteer.findUnique({ where: { id, createRequestId: requestId } }))) {
      throw fail(Code.AlreadyExists, 'PROFILE_EXISTS', 'you have a volunteer profile already');
    }
    return { volunteer: await loadProfile(context, id) };
  };
