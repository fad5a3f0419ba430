import { timestampDate } from '@bufbuild/protobuf/wkt';
import type {
  EmergencyCancelled,
  EmergencyCompleted,
  EmergencyEscalated,
  OffersClosed,
  OffersMade,
  ResponderAccepted,
  ResponderProgressed,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { OfferStatus, ResponseStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Channel, Priority, Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Alert, AlertRecipient, Content, SeverityWord } from './alert.ts';

/** An offer is critical whatever its severity: somebody waits for the answer. */
export function offersMade(event: OffersMade): Alert {
  const severity = severityWord(event.severity);
  return {
    topic: Topic.OFFER,
    priority: Priority.CRITICAL,
    channels: [Channel.PUSH, Channel.WHATSAPP],
    recipients: event.offers.map(({ volunteerId: userId, offerId, distanceMeters }) => ({
      userId,
      content: { kind: 'emergency_offer', offerId, severity, distanceMeters, area: event.area },
    })),
    emergencyId: event.emergencyId,
    ...(event.expireTime && { expireTime: timestampDate(event.expireTime) }),
  };
}

/** Takes the alerts off the phones; whoever declined knows already. */
export function offersClosed(event: OffersClosed): Alert {
  return {
    topic: Topic.OFFER_CLOSED,
    priority: Priority.NORMAL,
    channels: [Channel.PUSH],
    recipients: event.offers.flatMap(({ volunteerId: userId, offerId, status }) => {
      const reason = closeReason(status);
      return reason ? [{ userId, content: { kind: 'offer_closed', offerId, reason } as const }] : [];
    }),
    emergencyId: event.emergencyId,
  };
}

export function responderAccepted(event: ResponderAccepted): Alert {
  return progress(event.emergencyId, { kind: 'responder_accepted' }, Priority.CRITICAL, [event.requesterId]);
}

export function responderProgressed(event: ResponderProgressed): Alert | undefined {
  if (event.status !== ResponseStatus.ARRIVED) return undefined;
  return progress(event.emergencyId, { kind: 'responder_arrived' }, Priority.CRITICAL, [event.requesterId]);
}

export function emergencyEscalated(event: EmergencyEscalated): Alert {
  return {
    topic: Topic.ESCALATION,
    priority: Priority.CRITICAL,
    channels: [Channel.PUSH, Channel.WHATSAPP, Channel.EMAIL],
    recipients: all(event.coordinatorIds, {
      kind: 'emergency_escalated',
      severity: severityWord(event.severity),
      regency: event.regency,
    }),
    emergencyId: event.emergencyId,
  };
}

export function emergencyCompleted(event: EmergencyCompleted): Alert {
  const recipients = [event.requesterId, ...event.responderIds];
  return progress(event.emergencyId, { kind: 'emergency_completed' }, Priority.NORMAL, recipients);
}

export function emergencyCancelled(event: EmergencyCancelled): Alert {
  const recipients = [event.requesterId, ...event.responderIds];
  return progress(event.emergencyId, { kind: 'emergency_cancelled' }, Priority.NORMAL, recipients);
}

function progress(emergencyId: string, content: Content, priority: Priority, recipients: readonly string[]): Alert {
  return {
    topic: Topic.EMERGENCY_PROGRESS,
    priority,
    channels: [Channel.PUSH],
    recipients: all(recipients, content),
    emergencyId,
  };
}

function severityWord(severity: Severity): SeverityWord {
  switch (severity) {
    case Severity.URGENT:
      return 'urgent';
    case Severity.NORMAL:
      return 'normal';
    default:
      return 'critical';
  }
}

function closeReason(status: OfferStatus): 'expired' | 'withdrawn' | undefined {
  switch (status) {
    case OfferStatus.EXPIRED:
      return 'expired';
    case OfferStatus.WITHDRAWN:
      return 'withdrawn';
    default:
      return undefined;
  }
}

/** The same for everybody, each once. */
const all = (userIds: readonly string[], content: Content): AlertRecipient[] =>
  [...new Set(userIds)].filter(Boolean).map((userId) => ({ userId, content }));
