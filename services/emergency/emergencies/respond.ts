import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ResponderAcceptedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { EmergencyStatus, OfferStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Decision } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { event } from '@kreki/runtime/events/outbox';
import { closeOffers, lookAgainForOthers, type OfferRow } from '../store/offers.ts';
import { recordProgress } from '../store/progress.ts';
import { acceptOffer } from '../store/responses.ts';
import type { Held } from './change.ts';
import { offersClosed } from './events.ts';
import { alreadyResponding, invalidTransition, notYours, offerClosed, respondersFilled } from './refusals.ts';
import { isActive, isOpen } from './status.ts';
import { withdrawAll } from './withdraw.ts';

/**
 * A volunteer's answer to an offer, read after the emergency was held. The places are given in the order in which the row is held, so that any
 * number of acceptances at the same instant fill exactly those there are.
 * @throws ConnectError FAILED_PRECONDITION `RESPONDERS_FILLED`, `OFFER_CLOSED`, `ALREADY_RESPONDING`; PERMISSION_DENIED without an offer.
 */
export async function respond(held: Held, offer: OfferRow | undefined, decision: Decision): Promise<void> {
  if (!offer) throw notYours();
  if (decision === Decision.DECLINE) await decline(held, offer);
  else await accept(held, offer);
}

async function decline({ tx, state, now, tell }: Held, offer: OfferRow): Promise<void> {
  if (offer.status === OfferStatus.DECLINED) return;
  if (offer.status === OfferStatus.ACCEPTED) throw invalidTransition('ACCEPTED', 'DECLINED');
  if (offer.status !== OfferStatus.OPEN) throw offerClosed();
  tell(
    ...offersClosed(
      state.id,
      await closeOffers(tx, [{ id: offer.id, reason: 'DECLINED' }], OfferStatus.DECLINED, now),
      now,
    ),
  );
  recordProgress(tx, state.id, { nextStepAt: isOpen(state.status) ? now : null });
}

async function accept(held: Held, offer: OfferRow): Promise<void> {
  const { tx, state, now, tell } = held;
  const own = state.responses.find(({ volunteerId }) => volunteerId === offer.volunteerId);
  if (own && own.status !== ResponseStatus.WITHDRAWN) return;
  const active = state.responses.filter(({ status }) => isActive(status)).length;
  const filled = isOpen(state.status) && active >= state.respondersNeeded;
  if (filled || offer.closeReason === 'RESPONDERS_FILLED') throw respondersFilled();
  if (offer.status !== OfferStatus.OPEN) throw offerClosed();
  if (!(await acceptOffer(tx, offer.id, now))) throw alreadyResponding();
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
  const nowFilled = active + 1 >= state.respondersNeeded;
  if (nowFilled) await withdrawAll(held, 'RESPONDERS_FILLED');
  recordProgress(tx, state.id, {
    ...(state.status === EmergencyStatus.PENDING && { status: EmergencyStatus.ASSIGNED }),
    assignedAt: now,
    nextStepAt: nowFilled ? null : now,
  });
  lookAgainForOthers(tx, offer.volunteerId);
}
