import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { forward } from '@kreki/runtime/rpc/client';
import type { Context } from '../context.ts';
import { skillsFor } from '../dispatch/policy.ts';
import type { Rpc } from './rpc.ts';

export const findNearbyVolunteers =
  ({ volunteers, dispatch }: Context): Rpc<'findNearbyVolunteers'> =>
  async ({ location, radiusMeters, category, limit }, call) => {
    const found = await volunteers.findNearby(
      {
        ...(location && { location }),
        radiusMeters: radiusMeters || dispatch.radiiMeters.widest,
        skills: skillsFor(category),
        maxPositionAge: durationFromMs(dispatch.positionMaxAgeMs),
        limit,
      },
      forward(call),
    );
    return { volunteers: found.volunteers };
  };
