import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { EscalationReason } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { about, type Decision, skipped } from './decisions.ts';
import { nextStep } from './next-step.ts';
import type { Policy } from './policy.ts';

/** What dispatch knows of an emergency when it decides. Times in Unix milliseconds, by the database's clock. */
export interface DispatchState {
  readonly createdMs: number;
  readonly respondersNeeded: number;
  /** Volunteers who accepted and have not withdrawn. */
  readonly activeResponses: number;
  readonly openOffers: readonly OpenOffer[];
  /** Who is not to be asked: those who answered or let an offer pass, and the requester. */
  readonly excludedIds: ReadonlySet<string>;
  readonly radiusMeters: number;
  readonly escalated: boolean;
  /** How often in a row volunteers could not be searched. */
  readonly failedSearches: number;
  /** Whether this is its first step. */
  readonly first: boolean;
}

export interface OpenOffer {
  readonly id: string;
  readonly volunteerId: string;
  readonly distanceMeters: number;
  readonly expiresMs: number;
  /** Whether the volunteer has accepted another emergency meanwhile. */
  readonly respondsElsewhere: boolean;
}

export interface Candidate {
  readonly volunteerId: string;
  readonly displayName: string;
  readonly distanceMeters: number;
  /** Whether the volunteer responds to an emergency, as far as is known here. */
  readonly responding: boolean;
}

/** Who is eligible within the widest radius, the nearest first, those with an open offer among them. */
export interface Search {
  readonly candidates: readonly Candidate[];
  /** Whether these are all there are. */
  readonly complete: boolean;
}

export interface ClosedOffer extends OpenOffer {
  readonly reason: 'RESPONDS_ELSEWHERE' | 'NO_LONGER_ELIGIBLE' | 'RESPONDERS_FILLED';
}

export interface Plan {
  readonly offer: readonly Candidate[];
  readonly expire: readonly OpenOffer[];
  readonly withdraw: readonly ClosedOffer[];
  readonly decisions: readonly Decision[];
  readonly radiusMeters: number;
  readonly escalate: EscalationReason | undefined;
  readonly failedSearches: number;
  /** When to look again; undefined when nothing is to be done until somebody acts. */
  readonly nextStepMs: number | undefined;
}

/** Whether more volunteers are to be asked. */
export const isSeeking = (
  { activeResponses, respondersNeeded, createdMs }: DispatchState,
  { giveUpAfterMs }: Policy,
  nowMs: number,
): boolean => activeResponses < respondersNeeded && nowMs < createdMs + giveUpAfterMs;

/**
 * Decides one step: closes offers that ran out or whose volunteer is lost, makes as many as are missing to the nearest, widens the radius only
 * when there are too few within it, and hands over to PSC 119 when nobody is left or time runs out.
 * @param search What was found; `unavailable` when volunteers could not be searched, undefined when there seemed no need to.
 */
export function planDispatch(
  state: DispatchState,
  search: Search | 'unavailable' | undefined,
  policy: Policy,
  nowMs: number,
): Plan {
  const found = typeof search === 'object' ? search : undefined;
  const seeking = isSeeking(state, policy, nowMs);
  const { standing, expire, withdraw } = sortOffers(state, found, nowMs);
  const wanted = seeking ? Math.max(0, policy.offersOutstanding - standing.length) : 0;

  const asked = new Set(state.openOffers.map(({ volunteerId }) => volunteerId));
  const eligible = (found?.candidates ?? []).filter(
    ({ volunteerId, responding }) => !responding && !asked.has(volunteerId) && !state.excludedIds.has(volunteerId),
  );
  const radiusMeters =
    found && wanted > 0 ? radiusFor(state.radiusMeters, eligible, wanted, policy) : state.radiusMeters;
  const offer = eligible.filter(({ distanceMeters }) => distanceMeters <= radiusMeters).slice(0, wanted);
  const outstanding = standing.length + offer.length;
  const nobodyLeft = seeking && outstanding === 0 && found?.complete === true;
  const escalate = escalation(state, nobodyLeft, policy, nowMs);
  const failedSearches = search === 'unavailable' ? state.failedSearches + 1 : 0;

  return {
    offer,
    expire,
    withdraw,
    radiusMeters,
    escalate,
    failedSearches,
    decisions: [
      ...expire.map((each) => about(DispatchAction.EXPIRED, 'NO_ANSWER', radiusMeters, each)),
      ...withdraw.map((each) => about(DispatchAction.WITHDREW, each.reason, radiusMeters, each)),
      ...(failedSearches === 1 ? [about(DispatchAction.DEFERRED, 'VOLUNTEERS_UNAVAILABLE', radiusMeters)] : []),
      ...(found ? searchDecisions(state, found, { eligible, offer, radiusMeters }) : []),
      ...(escalate ? [about(DispatchAction.ESCALATED, EscalationReason[escalate] ?? '', radiusMeters)] : []),
    ],
    nextStepMs: nextStep({
      expiriesMs: standing
        .map(({ expiresMs }) => expiresMs)
        .concat(offer.length > 0 ? nowMs + policy.offerTimeoutMs : []),
      escalationMs: state.escalated || escalate ? undefined : state.createdMs + policy.escalateAfterMs,
      seeking,
      searched: found !== undefined,
      shortfall: outstanding < policy.offersOutstanding,
      failedSearches,
      ageMs: nowMs - state.createdMs,
      filled: state.activeResponses >= state.respondersNeeded,
      policy,
      nowMs,
    }),
  };
}

/** Which open offers stand, and which are to be closed and why. */
function sortOffers(
  { openOffers, activeResponses, respondersNeeded }: DispatchState,
  found: Search | undefined,
  nowMs: number,
) {
  const standing: OpenOffer[] = [];
  const expire: OpenOffer[] = [];
  const withdraw: ClosedOffer[] = [];
  const present = new Set(found?.candidates.map(({ volunteerId }) => volunteerId));
  for (const offer of openOffers) {
    if (activeResponses >= respondersNeeded) withdraw.push({ ...offer, reason: 'RESPONDERS_FILLED' });
    else if (offer.expiresMs <= nowMs) expire.push(offer);
    else if (offer.respondsElsewhere) withdraw.push({ ...offer, reason: 'RESPONDS_ELSEWHERE' });
    else if (found?.complete && !present.has(offer.volunteerId))
      withdraw.push({ ...offer, reason: 'NO_LONGER_ELIGIBLE' });
    else standing.push(offer);
  }
  return { standing, expire, withdraw };
}

/** The smallest radius from the present one on within which there are enough; the widest when there are not. */
function radiusFor(
  presentMeters: number,
  eligible: readonly Candidate[],
  wanted: number,
  { radiiMeters }: Policy,
): number {
  const farthestMeters = eligible[wanted - 1]?.distanceMeters ?? Number.POSITIVE_INFINITY;
  if (farthestMeters <= presentMeters) return presentMeters;
  return Math.max(presentMeters, radiiMeters.find((radius) => radius >= farthestMeters) ?? radiiMeters.at(-1) ?? 0);
}

function escalation(
  state: DispatchState,
  nobodyLeft: boolean,
  policy: Policy,
  nowMs: number,
): EscalationReason | undefined {
  if (state.escalated || state.activeResponses >= state.respondersNeeded) return undefined;
  if (nowMs >= state.createdMs + policy.escalateAfterMs) return EscalationReason.TIME_RAN_OUT;
  return nobodyLeft ? EscalationReason.NOBODY_LEFT : undefined;
}

/** A search that changes nothing leaves no trace, so that the record of an emergency nobody can come to stays short. */
function searchDecisions(
  state: DispatchState,
  found: Search,
  {
    eligible,
    offer,
    radiusMeters,
  }: { eligible: readonly Candidate[]; offer: readonly Candidate[]; radiusMeters: number },
): Decision[] {
  const widened = radiusMeters > state.radiusMeters;
  if (!state.first && !widened && offer.length === 0) return [];
  return [
    ...(widened ? [about(DispatchAction.WIDENED, 'SHORTFALL', radiusMeters)] : []),
    about(DispatchAction.SEARCHED, eligible.length > 0 ? 'FOUND' : 'NOBODY_FOUND', radiusMeters),
    ...offer.map((each) => about(DispatchAction.OFFERED, 'NEAREST', radiusMeters, each)),
    ...skipped(found.candidates, state, offer, radiusMeters),
  ];
}
