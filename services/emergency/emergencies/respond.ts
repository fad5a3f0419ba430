import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { DispatchAction } from '@kreki/gen/kreki/emergency/v1/dispatch_pb.js';
import { ResponderAcceptedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { EmergencyStatus, OfferStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { event } from '@kreki/runtime/events/outbox';
import { recordDecisions } from '../store/dispatch.ts';
import { closeOffers, type OfferRow, offerTo, withdrawOffers } from '../store/offers.ts';
import { recordProgress } from '../store/progress.ts';
import { insertResponse, isActive } from '../store/responses.ts';
import type { Held } from './change.ts';
import { offersClosed } from './events.ts';
import { alreadyResponding, invalidTransition, notYours, offerClosed, respondersFilled } from './refusals.ts';

/**
 * A volunteer's answer to an offer, on an emergency that is held. The places are given in the order in which the row is held, so that any
 * number of acceptances at the same instant fill exactly those there are.
 * @throws ConnectError FAILED_PRECONDITION `RESPONDERS_FILLED`, `OFFER_CLOSED`, `ALREADY_RESPONDING`; PERMISSION_DENIED without an offer.
 */
export async function respond(held: Held, volunteerId: string, decision: Decision): Promise<void> {
  const offer = await offerTo(held.tx, held.state.id, volunteerId);
  if (!offer) throw notYours();
  if (decision === Decision.DECLINE) await decline(held, offer);
  else await accept(held, offer);
}

async function decline({ tx, state, now, tell }: Held, offer: OfferRow): Promise<void> {
  if (offer.status === OfferStatus.DECLINED) return;
  if (offer.status === OfferStatus.ACCEPTED) throw invalidTransition('ACCEPTED', 'DECLINED');
  if (offer.status !== OfferStatus.OPEN) throw offerClosed();
  tell(...offersClosed(state.id, await closeOffers(tx, [offer.id], OfferStatus.DECLINED, now), now));
  await recordProgress(tx, state.id, { nextStepAt: isOpen(state.status) ? now : null });
}

async function accept({ tx, state, now, tell }: Held, offer: OfferRow): Promise<void> {
  if (offer.status === OfferStatus.ACCEPTED) return;
  if (!isOpen(state.status)) throw offerClosed();
  const active = state.responses.filter(({ status }) => isActive(status)).length;
  if (active >= state.respondersNeeded) throw respondersFilled();
  if (offer.status !== OfferStatus.OPEN) throw offerClosed();
  if (!(await insertResponse(tx, state.id, offer, now))) throw alreadyResponding();
  await closeOffers(tx, [offer.id], OfferStatus.ACCEPTED, now);
  tell(
    event(
      ResponderAcceptedSchema,
      {
        emergencyId: state.id,
        volunteerId: offer.volunteerId,
        requesterId: state.requesterId,
        responderName: offer.displayName,
        distanceMeters: offer.distanceMeters,
        acceptTime: timestampFromDate(now),
      },
      state.id,
    ),
  );
  const filled = active + 1 >= state.respondersNeeded;
  if (filled) {
    const withdrawn = await withdrawOffers(tx, state.id, now);
    tell(...offersClosed(state.id, withdrawn, now));
    await recordDecisions(tx, state.id, now, withdrawn.map(withdrew(state.searchRadiusMeters)));
  }
  await recordProgress(tx, state.id, {
    ...(state.status === EmergencyStatus.PENDING && { status: EmergencyStatus.ASSIGNED }),
    assignedAt: now,
    nextStepAt: filled ? null : now,
  });
}

const withdrew =
  (radiusMeters: number) =>
  ({ volunteerId, distanceMeters }: OfferRow) => ({
    action: DispatchAction.WITHDREW,
    reason: 'RESPONDERS_FILLED',
    radiusMeters,
    volunteerId,
    distanceMeters,
  });

/** Whether help is still sought or on its way. */
export function isOpen(status: EmergencyStatus): boolean {
  switch (status) {
    case EmergencyStatus.PENDING:
    case EmergencyStatus.ASSIGNED:
    case EmergencyStatus.RESPONDING:
      return true;
    case EmergencyStatus.UNSPECIFIED:
    case EmergencyStatus.COMPLETED:
    case EmergencyStatus.CANCELLED:
      return false;
    default:
      return status satisfies never;
  }
}
