import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { NearbyVolunteer } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import type { Context } from '../context.ts';
import type { EmergencyState } from '../store/emergencies.ts';
import type { DispatchState } from './plan.ts';
import { type Policy, skillsFor } from './policy.ts';

export type Found = 'unavailable' | { readonly volunteers: readonly NearbyVolunteer[]; readonly complete: boolean };

/** Looked at beyond those wanted, so that the record says who was passed over, and so that some may turn out to be taken. */
const SPARE = 5;
const LIMIT_MAX = 100;
/** As many as the contract of FindNearby takes. */
const EXCLUDED_MAX = 1_000;

/**
 * Searches the widest radius for the nearest, once: who is within a smaller one comes first anyway. Those with an open offer are looked for too,
 * so that it shows when one of them can no longer come.
 */
export async function searchVolunteers(
  { volunteers, dispatch, log }: Pick<Context, 'volunteers' | 'dispatch' | 'log'>,
  { id, latitude, longitude, category }: EmergencyState,
  { excludedIds, openOffers, radiusMeters, failedSearches }: DispatchState,
  { offersOutstanding, radiiMeters }: Policy,
): Promise<Found> {
  const limit = Math.min(offersOutstanding + openOffers.length + SPARE, LIMIT_MAX);
  try {
    const found = await volunteers.findNearby(
      {
        location: { latitude, longitude },
        radiusMeters: Math.max(radiusMeters, ...radiiMeters),
        skills: skillsFor(category),
        excludeIds: [...excludedIds].slice(-EXCLUDED_MAX),
        maxPositionAge: durationFromMs(dispatch.positionMaxAgeMs),
        limit,
      },
      { timeoutMs: dispatch.searchTimeoutMs },
    );
    return { volunteers: found.volunteers, complete: found.volunteers.length < limit };
  } catch (error) {
    if (failedSearches === 0) log.warn({ err: error, emergencyId: id }, 'volunteers cannot be searched; tried again');
    return 'unavailable';
  }
}
