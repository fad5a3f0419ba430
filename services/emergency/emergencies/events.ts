import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OffersClosedSchema, ResponderProgressedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import type { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { event, type OutboxEvent } from '@kreki/runtime/events/outbox';
import type { EmergencyState, ResponseState } from '../store/emergencies.ts';
import type { OfferRow } from '../store/offers.ts';

/** The event of offers that have just been closed; none when there are none. */
export const offersClosed = (emergencyId: string, closed: readonly OfferRow[], at: Date): OutboxEvent[] => {
  if (closed.length === 0) return [];
  const offers = closed.map(({ id: offerId, volunteerId, status }) => ({ offerId, volunteerId, status }));
  return [event(OffersClosedSchema, { emergencyId, offers, closeTime: timestampFromDate(at) }, emergencyId)];
};

export const responderProgressed = (
  { id: emergencyId, requesterId }: EmergencyState,
  { volunteerId, displayName: responderName }: ResponseState,
  status: ResponseStatus,
  at: Date,
): OutboxEvent =>
  event(
    ResponderProgressedSchema,
    { emergencyId, requesterId, volunteerId, responderName, status, progressTime: timestampFromDate(at) },
    emergencyId,
  );
