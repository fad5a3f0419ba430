import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OfferClosedSchema, ResponderProgressedSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import type { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { event, type OutboxEvent } from '@kreki/runtime/events/outbox';
import type { EmergencyState, ResponseState } from '../store/emergencies.ts';
import type { OfferRow } from '../store/offers.ts';

/** One event for each offer that has just been closed. */
export const offersClosed = (emergencyId: string, offers: readonly OfferRow[], at: Date): OutboxEvent[] =>
  offers.map(({ id: offerId, volunteerId, status }) =>
    event(
      OfferClosedSchema,
      { emergencyId, offerId, volunteerId, status, closeTime: timestampFromDate(at) },
      emergencyId,
    ),
  );

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
