import { timestampDate } from '@bufbuild/protobuf/wkt';
import type {
  EmergencyCancelled,
  EmergencyCompleted,
  EmergencyEscalated,
  OfferClosed,
  OfferMade,
  ResponderAccepted,
  ResponderProgressed,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { OfferStatus, ResponseStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Channel, Priority, Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Alert, Content, SeverityWord } from './alert.ts';

/** An offer is critical whatever its severity: somebody waits for the answer. */
export function offerMade(event: OfferMade): Alert {
  return {
    content: {
      kind: 'emergency_offer',
      offerId: event.offerId,
      severity: severityWord(event.severity),
      distanceMeters: event.distanceMeters,
      area: event.area,
    },
    topic: Topic.OFFER,
    priority: Priority.CRITICAL,
    channels: [Channel.PUSH, Channel.WHATSAPP],
    recipients: [event.volunteerId],
    emergencyId: event.emergencyId,
    ...(event.expireTime && { expireTime: timestampDate(event.expireTime) }),
  };
}

/** Takes the alert off the phone; whoever declined knows already. */
export function offerClosed(event: OfferClosed): Alert | undefined {
  const reason = closeReason(event.status);
  if (reason === undefined) return undefined;
  return {
    content: { kind: 'offer_closed', offerId: event.offerId, reason },
    topic: Topic.OFFER_CLOSED,
    priority: Priority.NORMAL,
    channels: [Channel.PUSH],
    recipients: [event.volunteerId],
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
    content: { kind: 'emergency_escalated', severity: severityWord(event.severity), regency: event.regency },
    topic: Topic.ESCALATION,
    priority: Priority.CRITICAL,
    channels: [Channel.PUSH, Channel.WHATSAPP, Channel.EMAIL],
    recipients: unique(event.coordinatorIds),
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
    content,
    topic: Topic.EMERGENCY_PROGRESS,
    priority,
    channels: [Channel.PUSH],
    recipients: unique(recipients),
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

const unique = (ids: readonly string[]): string[] => [...new Set(ids)].filter(Boolean);
