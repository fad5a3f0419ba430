import { createRegistry, fromBinary } from '@bufbuild/protobuf';
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import {
  type EmergencyCancelled,
  type EmergencyCompleted,
  type EmergencyEscalated,
  file_kreki_emergency_v1_emergency_events,
  type OffersClosed,
  type OffersMade,
  type ResponderAccepted,
  type ResponderProgressed,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';

/** What an event of the emergency domain says, as far as the auditor asks. */
export type EmergencyEvent =
  | { readonly kind: 'requested' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'offered'; readonly offers: readonly EventOffer[] }
  | { readonly kind: 'closed'; readonly offers: readonly (EventOffer & { readonly status: number })[] }
  | { readonly kind: 'accepted'; readonly volunteerId: string; readonly requesterId: string; readonly atMs: number }
  | {
      readonly kind: 'progressed';
      readonly volunteerId: string;
      readonly requesterId: string;
      readonly status: number;
      readonly atMs: number;
    }
  | { readonly kind: 'escalated'; readonly coordinatorIds: readonly string[] }
  | {
      readonly kind: 'completed' | 'cancelled';
      readonly requesterId: string;
      readonly responderIds: readonly string[];
      readonly atMs: number;
    };

export interface EventOffer {
  readonly offerId: string;
  readonly volunteerId: string;
}

const registry = createRegistry(file_kreki_emergency_v1_emergency_events);

/** Undefined for a type that is not of the emergency domain. */
export function readEmergencyEvent(type: string, payload: Uint8Array): EmergencyEvent | undefined {
  const schema = registry.getMessage(type);
  if (!schema) return undefined;
  const message = fromBinary(schema, payload) as unknown;
  switch (schema.name) {
    case 'EmergencyRequested':
      return { kind: 'requested' };
    case 'EmergencyMoved':
      return { kind: 'moved' };
    case 'OffersMade':
      return { kind: 'offered', offers: (message as OffersMade).offers };
    case 'OffersClosed':
      return { kind: 'closed', offers: (message as OffersClosed).offers };
    case 'ResponderAccepted': {
      const { volunteerId, requesterId, acceptTime } = message as ResponderAccepted;
      return { kind: 'accepted', volunteerId, requesterId, atMs: ms(acceptTime) };
    }
    case 'ResponderProgressed': {
      const { volunteerId, requesterId, status, progressTime } = message as ResponderProgressed;
      return { kind: 'progressed', volunteerId, requesterId, status, atMs: ms(progressTime) };
    }
    case 'EmergencyEscalated':
      return { kind: 'escalated', coordinatorIds: (message as EmergencyEscalated).coordinatorIds };
    case 'EmergencyCompleted': {
      const { requesterId, responderIds, completeTime } = message as EmergencyCompleted;
      return { kind: 'completed', requesterId, responderIds, atMs: ms(completeTime) };
    }
    case 'EmergencyCancelled': {
      const { requesterId, responderIds, cancelTime } = message as EmergencyCancelled;
      return { kind: 'cancelled', requesterId, responderIds, atMs: ms(cancelTime) };
    }
    default:
      throw new Error(`the auditor does not know ${type}`);
  }
}

const ms = (time: Timestamp | undefined): number => (time ? timestampMs(time) : 0);
