import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import type { Candidate, DispatchState } from './plan.ts';

/** What dispatch did and why, for the record. */
export interface Decision {
  readonly action: DispatchAction;
  readonly reason: string;
  readonly radiusMeters: number;
  readonly volunteerId?: string;
  readonly distanceMeters?: number;
}

/** A decision, about somebody when given. */
export function about(
  action: DispatchAction,
  reason: string,
  radiusMeters: number,
  whom?: { readonly volunteerId: string; readonly distanceMeters: number },
): Decision {
  return {
    action,
    reason,
    radiusMeters,
    ...(whom && { volunteerId: whom.volunteerId, distanceMeters: whom.distanceMeters }),
  };
}

/** Those within the radius who were passed over, and why; whose offer stands already is not passed over. */
export function skipped(
  candidates: readonly Candidate[],
  { openOffers, excludedIds }: DispatchState,
  offered: readonly Candidate[],
  radiusMeters: number,
): Decision[] {
  const taken = new Set([...openOffers, ...offered].map(({ volunteerId }) => volunteerId));
  const reasonFor = ({ volunteerId, responding }: Candidate) => {
    if (responding) return 'ALREADY_RESPONDING';
    return excludedIds.has(volunteerId) ? 'OFFERED_BEFORE' : 'ENOUGH_OFFERS_OPEN';
  };
  return candidates
    .filter(({ volunteerId, distanceMeters }) => !taken.has(volunteerId) && distanceMeters <= radiusMeters)
    .map((candidate) => about(DispatchAction.SKIPPED, reasonFor(candidate), radiusMeters, candidate));
}
