import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { NearbyVolunteer } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import type { Context } from '../context.ts';
import type { EmergencyState } from '../store/emergencies.ts';
import type { DispatchState } from './plan.ts';
import { type Policy, skillsFor } from './policy.ts';

export type Found = 'unavailable' | { readonly radiusMeters: number; readonly volunteers: readonly NearbyVolunteer[] };

/** Looked at beyond those wanted, so that the record says who was passed over, and so that some may turn out to be taken. */
const SPARE = 3;
const LIMIT_MAX = 100;
/** As many as the contract of FindNearby takes. */
const EXCLUDED_MAX = 1_000;
const TIMEOUT_MS = 2_000;

/** Searches within the present radius, and a wider one each time fewer were found than are wanted. */
export async function searchVolunteers(
  { volunteers, dispatch }: Pick<Context, 'volunteers' | 'dispatch'>,
  emergency: EmergencyState,
  state: DispatchState,
  policy: Policy,
  wanted: number,
): Promise<Found> {
  const radii = policy.radiiMeters.filter((radius) => radius >= state.radiusMeters);
  const { latitude, longitude } = emergency;
  const excludeIds = [emergency.requesterId, ...state.offeredIds].slice(0, EXCLUDED_MAX);
  let found: Exclude<Found, 'unavailable'> = { radiusMeters: state.radiusMeters, volunteers: [] };
  for (const radiusMeters of radii.length > 0 ? radii : [state.radiusMeters]) {
    try {
      const answer = await volunteers.findNearby(
        {
          location: { latitude, longitude },
          radiusMeters,
          skills: skillsFor(emergency.category),
          excludeIds,
          maxPositionAge: durationFromMs(dispatch.positionMaxAgeMs),
          limit: Math.min(wanted + SPARE, LIMIT_MAX),
        },
        { timeoutMs: TIMEOUT_MS },
      );
      found = { radiusMeters, volunteers: answer.volunteers };
    } catch {
      // What a smaller radius has found is offered now; the next step searches on.
      return found.volunteers.length > 0 ? found : 'unavailable';
    }
    if (found.volunteers.length >= wanted) break;
  }
  return found;
}
