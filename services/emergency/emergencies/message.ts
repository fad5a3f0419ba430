import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { EmergencySchema, OfferSchema, ResponseSchema } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { EmergencyState, ResponseState } from '../store/emergencies.ts';
import type { OfferRow } from '../store/offers.ts';
import type { Part } from './access.ts';

/** About 500 m at the equator, which is where Indonesia is. */
export const GRID_DEGREES = 0.0045;

/** An emergency as somebody in that part may see it. */
export function emergencyMessage(
  state: EmergencyState,
  part: Part,
  ownOffer?: OfferRow,
): MessageInitShape<typeof EmergencySchema> {
  const offeredOnly = part === 'offered';
  return {
    id: state.id,
    requesterId: offeredOnly ? '' : state.requesterId,
    location: offeredOnly ? roughly(state) : exactly(state),
    locationApproximate: offeredOnly,
    severity: state.severity,
    category: state.category,
    description: offeredOnly ? '' : state.description,
    status: state.status,
    respondersNeeded: state.respondersNeeded,
    responses: offeredOnly ? [] : state.responses.map(responseMessage),
    ...(ownOffer && { ownOffer: offerMessage(ownOffer) }),
    openOffers: state.openOffers,
    searchRadiusMeters: state.searchRadiusMeters,
    escalationReason: state.escalationReason,
    cancelReason: state.cancelReason,
    version: BigInt(state.version),
    createTime: timestampFromDate(state.createdAt),
    ...times({
      escalateTime: state.escalatedAt,
      assignTime: state.assignedAt,
      arriveTime: state.arrivedAt,
      completeTime: state.completedAt,
      cancelTime: state.cancelledAt,
    }),
  };
}

type Place = Pick<EmergencyState, 'latitude' | 'longitude' | 'accuracyMeters'>;

const exactly = ({ latitude, longitude, accuracyMeters }: Place) => ({ latitude, longitude, accuracyMeters });

const roughly = ({ latitude, longitude }: Place) => ({
  latitude: toGrid(latitude),
  longitude: toGrid(longitude),
  accuracyMeters: 500,
});

const toGrid = (degrees: number) => Number((Math.round(degrees / GRID_DEGREES) * GRID_DEGREES).toFixed(4));

export function responseMessage(response: ResponseState): MessageInitShape<typeof ResponseSchema> {
  const { volunteerId, displayName, status, distanceMeters } = response;
  return {
    volunteerId,
    displayName,
    status,
    distanceMeters,
    ...times({
      acceptTime: response.acceptedAt,
      enRouteTime: response.enRouteAt,
      arriveTime: response.arrivedAt,
      completeTime: response.completedAt,
    }),
  };
}

export function offerMessage(offer: OfferRow): MessageInitShape<typeof OfferSchema> {
  const { id, volunteerId, status, distanceMeters } = offer;
  return {
    id,
    volunteerId,
    status,
    distanceMeters,
    ...times({ offerTime: offer.offeredAt, expireTime: offer.expiresAt, closeTime: offer.closedAt }),
  };
}

/** Timestamps of what has happened; what has not is left out. */
function times<Name extends string>(moments: Record<Name, Date | string | null>): Partial<Record<Name, Timestamp>> {
  const happened = Object.entries<Date | string | null>(moments).flatMap(([name, at]) =>
    at === null ? [] : [[name, timestampFromDate(new Date(at))] as const],
  );
  return Object.fromEntries(happened) as Partial<Record<Name, Timestamp>>;
}
