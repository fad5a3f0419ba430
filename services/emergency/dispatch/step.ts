import { randomUUIDv7 } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { EmergencyEscalatedSchema, OffersMadeSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { EscalationReason, OfferStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { Queryable, Tx } from '@kreki/runtime/database/database';
import { event, type OutboxEvent } from '@kreki/runtime/events/outbox';
import { meter } from '@kreki/runtime/telemetry';
import type { Context } from '../context.ts';
import { changeWithin, type Held } from '../emergencies/change.ts';
import { offersClosed } from '../emergencies/events.ts';
import { isActive, isOpen } from '../emergencies/status.ts';
import { areaOf, type Claim, coordinatorsFor, recordDecisions } from '../store/dispatch.ts';
import type { EmergencyState } from '../store/emergencies.ts';
import { closeOffers, type DispatchedOffer, insertOffers, offersOf } from '../store/offers.ts';
import { recordStep } from '../store/progress.ts';
import { respondingAmong } from '../store/responses.ts';
import { type DispatchState, isSeeking, type Plan, planDispatch, type Search } from './plan.ts';
import { policyFor } from './policy.ts';
import { type Found, searchVolunteers } from './search.ts';

/**
 * One step of dispatch on an emergency: look for volunteers, then decide and write in one transaction on what is true by then.
 */
export async function dispatchStep(context: Context, claim: Claim): Promise<void> {
  const { id, claimedAt } = claim;
  const { database, outbox, watch } = context;
  if (!isOpen(claim.status)) return;
  const policy = policyFor(claim.severity, context.dispatch);
  const before = dispatchState(claim, await offersSoFar(database, claim));
  const found = isSeeking(before, policy, claimedAt.getTime())
    ? await searchVolunteers(context, claim, before, policy)
    : undefined;

  let dueAgain = false;
  await database.transaction((tx) =>
    changeWithin(
      tx,
      outbox,
      id,
      async (held, read) => {
        const { state, now } = held;
        if (!isOpen(state.status)) return;
        // Another replica may have made the first ones meanwhile.
        const offers = claim.firstOfferAt === null ? await offersSoFar(tx, state) : read.offers;
        const plan = planDispatch(dispatchState(state, offers), read.search, policy, now.getTime());
        dueAgain = plan.nextStepMs !== undefined && plan.nextStepMs <= now.getTime();
        await apply(held, plan, policy.offerTimeoutMs, read.area);
      },
      () => readBeside(tx, claim, found),
    ),
  );
  outbox.wake();
  watch.refresh(id);
  if (dueAgain) context.wakeDispatch();
}

/** Before the first there is nothing to read. */
const offersSoFar = async (database: Queryable, { id, firstOfferAt }: EmergencyState): Promise<DispatchedOffer[]> =>
  firstOfferAt === null ? [] : offersOf(database, id);

function dispatchState(state: EmergencyState, offers: readonly DispatchedOffer[]): DispatchState {
  return {
    createdMs: state.createdAt.getTime(),
    respondersNeeded: state.respondersNeeded,
    activeResponses: state.responses.filter(({ status }) => isActive(status)).length,
    openOffers: offers
      .filter(({ status }) => status === OfferStatus.OPEN)
      .map(({ id, volunteerId, distanceMeters, expiresAt, respondsElsewhere }) => ({
        id,
        volunteerId,
        distanceMeters,
        expiresMs: expiresAt.getTime(),
        respondsElsewhere,
      })),
    excludedIds: new Set([
      ...offers.filter(({ status }) => ANSWERED.has(status)).map(({ volunteerId }) => volunteerId),
      state.requesterId,
    ]),
    radiusMeters: state.searchRadiusMeters,
    escalated: state.escalatedAt !== null,
    failedSearches: state.failedSearches,
    first: state.firstOfferAt === null && state.escalatedAt === null && state.failedSearches === 0,
  };
}

const matchDurations = meter.createHistogram('kreki.emergency.match.duration', {
  unit: 's',
  description: 'From a press to its first offers',
});

/** Who answered, or let an offer pass, is not asked again; whose offer was withdrawn may be. */
const ANSWERED: ReadonlySet<OfferStatus> = new Set([OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.EXPIRED]);

/** What a plan stands on beside the emergency. */
interface Read {
  readonly offers: readonly DispatchedOffer[];
  readonly search: Search | 'unavailable' | undefined;
  /** Undefined where it will hardly be wanted. */
  readonly area: string | undefined;
}

/** Asks for all of it at once. */
async function readBeside(tx: Tx, claim: Claim, found: Found | undefined): Promise<Read> {
  const first = claim.firstOfferAt === null && found !== undefined;
  const [offers, search, area] = await Promise.all([
    offersSoFar(tx, claim),
    withResponding(tx, found),
    first ? areaOf(tx, claim.id) : undefined,
  ]);
  return { offers, search, area };
}

/** What the volunteer service found, with what only this service knows yet: who has just accepted another emergency. */
async function withResponding(tx: Tx, found: Found | undefined): Promise<Read['search']> {
  if (found === undefined || found === 'unavailable') return found;
  const responding = await respondingAmong(
    tx,
    found.volunteers.map(({ volunteerId }) => volunteerId),
  );
  return {
    complete: found.complete,
    candidates: found.volunteers.map(({ volunteerId, displayName, distanceMeters }) => ({
      volunteerId,
      displayName,
      distanceMeters,
      responding: responding.has(volunteerId),
    })),
  };
}

async function apply(
  { tx, state, now, tell }: Held,
  plan: Plan,
  offerTimeoutMs: number,
  area: string | undefined,
): Promise<void> {
  const { id } = state;
  const expired = plan.expire.map((offer) => ({ ...offer, reason: 'NO_ANSWER' }) as const);
  tell(...offersClosed(id, await closeOffers(tx, expired, OfferStatus.EXPIRED, now), now));
  tell(...offersClosed(id, await closeOffers(tx, plan.withdraw, OfferStatus.WITHDRAWN, now), now));

  const expiresAt = new Date(now.getTime() + offerTimeoutMs);
  const offers = plan.offer.map((candidate) => ({ id: randomUUIDv7(), ...candidate }));
  insertOffers(tx, id, offers, { offeredAt: now, expiresAt });
  if (offers.length > 0) {
    tell(offersMade(state, offers, area ?? (await areaOf(tx, id)), { offeredAt: now, expiresAt }));
  }
  if (plan.escalate) tell(await escalated(tx, state, plan.escalate, now));

  if (offers.length > 0 && state.firstOfferAt === null) {
    matchDurations.record((now.getTime() - state.createdAt.getTime()) / 1_000);
  }
  recordDecisions(tx, id, now, plan.decisions);
  recordStep(tx, id, {
    radiusMeters: plan.radiusMeters,
    firstOfferAt: offers.length > 0 ? now : null,
    escalatedAt: plan.escalate ? now : null,
    escalationReason: plan.escalate ?? EscalationReason.UNSPECIFIED,
    failedSearches: plan.failedSearches,
    nextStepAt: plan.nextStepMs === undefined ? null : new Date(plan.nextStepMs),
    visible: plan.decisions.length > 0,
  });
}

type NewOffers = readonly { readonly id: string; readonly volunteerId: string; readonly distanceMeters: number }[];

function offersMade(
  state: EmergencyState,
  offers: NewOffers,
  area: string,
  { offeredAt, expiresAt }: { readonly offeredAt: Date; readonly expiresAt: Date },
): OutboxEvent {
  const message = {
    emergencyId: state.id,
    offers: offers.map(({ id: offerId, volunteerId, distanceMeters }) => ({ offerId, volunteerId, distanceMeters })),
    severity: state.severity,
    category: state.category,
    area,
    requestTime: timestampFromDate(state.createdAt),
    offerTime: timestampFromDate(offeredAt),
    expireTime: timestampFromDate(expiresAt),
  };
  return event(OffersMadeSchema, message, state.id);
}

async function escalated(
  tx: Held['tx'],
  state: EmergencyState,
  reason: EscalationReason,
  at: Date,
): Promise<OutboxEvent> {
  const { regency, userIds: coordinatorIds } = await coordinatorsFor(tx, state.id);
  const { id: emergencyId, severity } = state;
  const message = { emergencyId, coordinatorIds, reason, regency, severity, escalateTime: timestampFromDate(at) };
  return event(EmergencyEscalatedSchema, message, emergencyId);
}
