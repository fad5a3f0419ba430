import { durationMs } from '@bufbuild/protobuf/wkt';
import { pageSize } from '@kreki/runtime/paging';
import type { Context } from '../context.ts';
import { positionMessage } from '../profiles/volunteer-message.ts';
import { findEligible } from '../store/nearby.ts';
import type { Rpc } from './rpc.ts';

const COUNT_DEFAULT = 20;
const COUNT_MAX = 100;

export const findNearby =
  ({ database, positionFreshMs }: Context): Rpc<'findNearby'> =>
  async ({ location, radiusMeters, skills, excludeIds, maxPositionAge, limit }, { signal }) => {
    if (!location) throw new TypeError('a checked request has a location');
    const found = await findEligible(database.during(signal), {
      latitude: location.latitude,
      longitude: location.longitude,
      radiusMeters,
      skills,
      excludeIds,
      maxPositionAgeMs: maxPositionAge ? durationMs(maxPositionAge) : positionFreshMs,
      count: pageSize(limit, COUNT_DEFAULT, COUNT_MAX),
    });
    return {
      volunteers: found.map((row) => {
        const position = positionMessage(row);
        return {
          volunteerId: row.volunteer_id,
          displayName: row.display_name,
          skills: row.skills,
          distanceMeters: row.distance_meters,
          ...(position && { position }),
        };
      }),
    };
  };
