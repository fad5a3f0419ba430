import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { EscalationReason } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Policy } from './policy.ts';

/** What dispatch knows of an emergency when it decides. Times in Unix milliseconds, by the database's clock. */
export interface DispatchState {
  readonly createdMs: number;
  readonly respondersNeeded: number;
  /** Volunteers who accepted and have not withdrawn. */
  readonly activeResponses: number;
  readonly openOffers: readonly OpenOffer[];
  /** Everybody who was ever offered it; nobody is asked twice. */
  readonly offeredIds: ReadonlySet<string>;
  readonly radiusMeters: number;
  readonly escalated: boolean;
  /** Whether the last step could not search. */
  readonly deferred: boolean;
  /** Whether this is its first step. */
  readonly first: boolean;
}

export interface OpenOffer {
  readonly id: string;
  readonly volunteerId: string;
  readonly distanceMeters: number;
  readonly expiresMs: number;
  /** Whether the volunteer has accepted another emergency meanwhile. */
  readonly lost: boolean;
}

export interface Candidate {
  readonly volunteerId: string;
  readonly displayName: string;
  readonly distanceMeters: number;
  /** Whether the volunteer responds to another emergency, as far as is known here. */
  readonly responding: boolean;
}

/** What a search found, the nearest first. */
export interface Search {
  readonly radiusMeters: number;
  readonly candidates: readonly Candidate[];
}

export interface Decision {
  readonly action: DispatchAction;
  readonly reason: string;
  readonly radiusMeters: number;
  readonly volunteerId?: string;
  readonly distanceMeters?: number;
}

export interface Plan {
  readonly offer: readonly Candidate[];
  readonly expire: readonly OpenOffer[];
  readonly withdraw: readonly OpenOffer[];
  readonly decisions: readonly Decision[];
  readonly radiusMeters: number;
  readonly escalate: EscalationReason | undefined;
  readonly deferred: boolean;
  /** When to look again; undefined when nothing is to be done until somebody acts. */
  readonly nextStepMs: number | undefined;
}

/** How many more offers are to be made, before a search. */
export function offersWanted(state: DispatchState, policy: Policy, nowMs: number): number {
  if (state.activeResponses >= state.respondersNeeded || nowMs >= state.createdMs + policy.giveUpAfterMs) return 0;
  return policy.offersOutstanding - stillOpen(state, nowMs).length;
}

const stillOpen = (state: DispatchState, nowMs: number) =>
  state.openOffers.filter((offer) => offer.expiresMs > nowMs && !offer.lost);

/**
 * Decides one step: closes offers that ran out, makes as many as are missing to the nearest, and hands over to PSC 119 when nobody is left
 * or time runs out.
 * @param search What was found; `unavailable` when volunteers could not be searched, undefined when there was no need to.
 */
export function planDispatch(
  state: DispatchState,
  search: Search | 'unavailable' | undefined,
  policy: Policy,
  nowMs: number,
): Plan {
  const found = typeof search === 'object' ? search : undefined;
  const radiusMeters = Math.max(state.radiusMeters, found?.radiusMeters ?? 0);
  const closing = state.openOffers.filter((offer) => offer.expiresMs <= nowMs && !offer.lost);
  const lost = state.openOffers.filter((offer) => offer.lost);
  const open = stillOpen(state, nowMs);
  const filled = state.activeResponses >= state.respondersNeeded;
  const wanted = Math.max(0, offersWanted(state, policy, nowMs));

  const eligible = (found?.candidates ?? []).filter(
    ({ volunteerId, responding }) => !responding && !state.offeredIds.has(volunteerId),
  );
  const offer = eligible.slice(0, wanted);
  const outstanding = open.length + offer.length;
  const widened = radiusMeters > state.radiusMeters;
  const unavailable = search === 'unavailable';

  const decisions: Decision[] = [
    ...closing.map((each) => about(DispatchAction.EXPIRED, 'NO_ANSWER', radiusMeters, each)),
    ...lost.map((each) => about(DispatchAction.WITHDREW, 'RESPONDS_ELSEWHERE', radiusMeters, each)),
  ];
  if (unavailable && !state.deferred)
    decisions.push(about(DispatchAction.DEFERRED, 'VOLUNTEERS_UNAVAILABLE', radiusMeters));
  if (found && (state.first || offer.length > 0 || widened)) {
    if (widened) decisions.push(about(DispatchAction.WIDENED, 'SHORTFALL', radiusMeters));
    decisions.push(about(DispatchAction.SEARCHED, `FOUND_${eligible.length}`, radiusMeters));
    decisions.push(...offer.map((each) => about(DispatchAction.OFFERED, 'NEAREST', radiusMeters, each)));
    decisions.push(...skipped(found, state, eligible.slice(wanted)).map((each) => ({ ...each, radiusMeters })));
  }

  const escalate = escalation(state, { filled, nobodyLeft: Boolean(found) && outstanding === 0 }, policy, nowMs);
  if (escalate) decisions.push(about(DispatchAction.ESCALATED, EscalationReason[escalate] ?? '', radiusMeters));

  const offeredUntil = offer.length > 0 ? [nowMs + policy.offerTimeoutMs] : [];
  const seeking = !filled && nowMs < state.createdMs + policy.giveUpAfterMs;
  const due = [
    ...open.map(({ expiresMs }) => expiresMs),
    ...offeredUntil,
    ...(unavailable ? [nowMs + policy.retryMs] : []),
    ...(!unavailable && outstanding < policy.offersOutstanding ? [nowMs + policy.searchAgainMs] : []),
    ...(state.escalated || escalate ? [] : [state.createdMs + policy.escalateAfterMs]),
  ];
  return {
    offer,
    expire: closing,
    withdraw: lost,
    decisions,
    radiusMeters,
    escalate,
    deferred: unavailable,
    nextStepMs: seeking ? Math.max(nowMs, Math.min(...due)) : undefined,
  };
}

function escalation(
  state: DispatchState,
  { filled, nobodyLeft }: { filled: boolean; nobodyLeft: boolean },
  policy: Policy,
  nowMs: number,
): EscalationReason | undefined {
  if (state.escalated || filled) return undefined;
  if (nowMs >= state.createdMs + policy.escalateAfterMs) return EscalationReason.TIME_RAN_OUT;
  return nobodyLeft && state.activeResponses === 0 ? EscalationReason.NOBODY_LEFT : undefined;
}

/** Those found who were passed over, and why. */
function skipped(search: Search, state: DispatchState, beyond: readonly Candidate[]): Omit<Decision, 'radiusMeters'>[] {
  const reasonFor = (candidate: Candidate) => {
    if (candidate.responding) return 'ALREADY_RESPONDING';
    if (state.offeredIds.has(candidate.volunteerId)) return 'OFFERED_BEFORE';
    return beyond.includes(candidate) ? 'ENOUGH_OFFERS_OPEN' : undefined;
  };
  return search.candidates.flatMap((candidate) => {
    const reason = reasonFor(candidate);
    if (!reason) return [];
    const { volunteerId, distanceMeters } = candidate;
    return [{ action: DispatchAction.SKIPPED, reason, volunteerId, distanceMeters }];
  });
}

function about(
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
