import { EmergencyStatus, OfferStatus, ResponseStatus, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Channel, DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type { Message } from '../../simulators/inbox/message.ts';
import type { Evidence, StreamEvent } from '../audit/evidence.ts';
import type { EmergencyEvent } from '../audit/read/emergency-events.ts';
import type { Operation, OperationKind } from '../load/journal.ts';

/** The same with everything changeable, for a test that spoils it. */
export type Draft<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? Map<K, Draft<V>>
    : T extends ReadonlySet<infer V>
      ? Set<V>
      : T extends object
        ? { -readonly [K in keyof T]: Draft<T[K]> }
        : T;

const BEGAN = Date.parse('2026-11-21T10:00:00Z');
const CALM = BEGAN + 60_000;
/** Pressed after the last fault. */
const PRESSED = CALM + 1_000;
const at = (seconds: number) => PRESSED + seconds * 1_000;

/**
 * What a run leaves that went well, small enough to know by heart: `helped` needed two, was offered to three, two came, it was completed;
 * `lonely` was offered to one who did not answer, escalated, and called off; one tap, one newcomer, one restart.
 */
export function cleanEvidence(): Draft<Evidence> {
  const operations: Draft<Operation>[] = [];
  const did = (kind: OperationKind, who: string, more: Partial<Draft<Operation>> = {}) =>
    operations.push({
      ...{ id: operations.length, kind, who, way: 'connect', beganMs: at(0), endedMs: at(0.1), outcome: 'ok', ...more },
    });
  did('press', 'rina', { requestId: 'r1', gotId: 'helped' });
  did('press', 'rina', { requestId: 'r1', gotId: 'helped' });
  did('press', 'sari', { requestId: 'r2', gotId: 'lonely' });
  did('accept', 'v1', { emergencyId: 'helped' });
  did('accept', 'v2', { emergencyId: 'helped', way: 'whatsapp' });
  did('accept', 'v3', { emergencyId: 'helped', outcome: 'refused', error: 'FailedPrecondition RESPONDERS_FILLED' });
  did('progress', 'v1', { emergencyId: 'helped', detail: ResponseStatus.EN_ROUTE });
  did('progress', 'v1', { emergencyId: 'helped', detail: ResponseStatus.ARRIVED });
  did('complete', 'v1', { emergencyId: 'helped' });
  did('cancel', 'dispatcher', { emergencyId: 'lonely' });
  did('move', 'v1', { detail: at(3) });
  did('register', '', { gotId: 'nina' });
  did('sign out', 'nina');

  const events: EmergencyEvent[] = [
    { kind: 'requested' },
    { kind: 'offered', offers: ['1', '2', '3'].map((n) => ({ offerId: `o${n}`, volunteerId: `v${n}` })) },
    { kind: 'accepted', volunteerId: 'v1', requesterId: 'rina', atMs: at(2) },
    { kind: 'accepted', volunteerId: 'v2', requesterId: 'rina', atMs: at(3) },
    { kind: 'closed', offers: [{ offerId: 'o3', volunteerId: 'v3', status: OfferStatus.WITHDRAWN }] },
    { kind: 'progressed', volunteerId: 'v1', requesterId: 'rina', status: ResponseStatus.EN_ROUTE, atMs: at(4) },
    { kind: 'progressed', volunteerId: 'v1', requesterId: 'rina', status: ResponseStatus.ARRIVED, atMs: at(5) },
    { kind: 'completed', requesterId: 'rina', responderIds: ['v1', 'v2'], atMs: at(6) },
  ];
  const lonely: EmergencyEvent[] = [
    { kind: 'requested' },
    { kind: 'offered', offers: [{ offerId: 'o4', volunteerId: 'v4' }] },
    { kind: 'closed', offers: [{ offerId: 'o4', volunteerId: 'v4', status: OfferStatus.EXPIRED }] },
    { kind: 'escalated', coordinatorIds: ['dispatcher'] },
    { kind: 'cancelled', requesterId: 'sari', responderIds: [], atMs: at(32) },
  ];
  const told = (aggregateId: string, emergency: EmergencyEvent, index: number): StreamEvent => ({
    ...{ seq: 0, id: `${aggregateId}-${index}`, aggregateId, type: emergency.kind, storedMs: at(index), emergency },
  });
  const stream = [
    ...events.map((event, index) => told('helped', event, index)),
    ...lonely.map((event, index) => told('lonely', event, index)),
  ].map((event, index) => ({ ...event, seq: index + 1 }));
  const answered = {
    seq: 1,
    id: 'a1',
    aggregateId: 'helped',
    type: 'OfferAnswered',
    storedMs: at(2),
    answeredBy: 'v2',
  };
  const { notifications, deliveries, messages } = notified(stream);

  const evidence: Evidence = {
    times: { loadBeganMs: BEGAN, lastFaultMs: CALM - 2_000, calmMs: CALM, auditedMs: at(120) },
    journal: {
      operations,
      watched: [
        {
          ...{
            emergencyId: 'helped',
            who: 'rina',
            way: 'grpc',
            streams: [
              [1, 2],
              [2, 5, 9],
            ],
            version: 9,
            ended: true,
          },
          ...{ status: EmergencyStatus.COMPLETED, responders: 2 },
        },
      ],
    },
    signedOut: [{ userId: 'nina', token: '', stillLetIn: false }],
    userIds: new Set(['nina', 'rina', 'sari']),
    emergency: {
      emergencies: [
        {
          ...{ id: 'helped', requesterId: 'rina', requestId: 'r1', severity: Severity.CRITICAL, respondersNeeded: 2 },
          ...{
            status: EmergencyStatus.COMPLETED,
            version: 9,
            createdMs: at(0),
            firstOfferMs: at(0.2),
            assignedMs: at(2),
          },
          ...{ arrivedMs: at(5), completedMs: at(6), cancelledMs: null, escalatedMs: null, nextStepMs: null },
        },
        {
          ...{ id: 'lonely', requesterId: 'sari', requestId: 'r2', severity: Severity.CRITICAL, respondersNeeded: 2 },
          ...{
            status: EmergencyStatus.CANCELLED,
            version: 5,
            createdMs: at(0),
            firstOfferMs: at(0.2),
            assignedMs: null,
          },
          ...{ arrivedMs: null, completedMs: null, cancelledMs: at(32), escalatedMs: at(20.1), nextStepMs: null },
        },
      ],
      offers: [
        offer('o1', 'helped', 'v1', OfferStatus.ACCEPTED, at(2)),
        offer('o2', 'helped', 'v2', OfferStatus.ACCEPTED, at(3)),
        offer('o3', 'helped', 'v3', OfferStatus.WITHDRAWN, at(3)),
        offer('o4', 'lonely', 'v4', OfferStatus.EXPIRED, at(20)),
      ],
      responses: ['v1', 'v2'].map((volunteerId) => ({
        ...{
          emergencyId: 'helped',
          volunteerId,
          status: ResponseStatus.COMPLETED,
          acceptedMs: at(2),
          completedMs: at(6),
        },
        ...{ enRouteMs: volunteerId === 'v1' ? at(4) : null, arrivedMs: volunteerId === 'v1' ? at(5) : null },
      })),
    },
    notification: { notifications, deliveries },
    volunteers: ['v1', 'v2', 'v3', 'v4'].map((id) => ({ id, engagedEmergencyId: null, measuredMs: at(3) })),
    outboxes: {
      auth: { waiting: 0, rows: [] },
      volunteer: { waiting: 0, rows: [] },
      emergency: {
        waiting: 0,
        rows: stream.map(({ id, aggregateId, seq }) => ({ id, aggregateId, streamSeq: seq })),
      },
      notification: { waiting: 0, rows: [{ id: 'a1', aggregateId: 'helped', streamSeq: 1 }] },
    },
    streams: { auth: [], volunteer: [], emergency: stream, notification: [answered] },
    consumers: [{ durable: 'notification-dispatch', pending: 0, unacknowledged: 0 }],
    deadLetters: [],
    phones: {
      messages,
      webhooksWaiting: 0,
      owners: new Map(['dispatcher', 'v1', 'v2', 'v3', 'v4'].map((id) => [phoneOf(id), id])),
    },
    machine: {
      unhealthy: [],
      ends: [{ name: 'auth', atMs: BEGAN + 5_000, reason: 'SIGKILL', asked: true }],
      orphans: [],
      links: [{ name: 'auth → nats', connections: 1, dangling: 0, forgotten: 0, most: 1 }],
      sessions: [{ application: 'auth', state: 'active', forMs: 3, query: 'SELECT 1' }],
    },
  };
  return structuredClone(evidence) as Draft<Evidence>;
}

function offer(id: string, emergencyId: string, volunteerId: string, status: OfferStatus, closedMs: number) {
  return { id, emergencyId, volunteerId, status, offeredMs: at(0.2), closedMs };
}

const phoneOf = (userId: string): string => `+62${userId}`;

/** A notification for whom each event concerns; offers by push and WhatsApp, on the phones; citizens have no device. */
function notified(stream: readonly StreamEvent[]) {
  const notifications: Draft<Evidence['notification']['notifications']> = [];
  const deliveries: Draft<Evidence['notification']['deliveries']> = [];
  const messages: Draft<Message>[] = [];
  const tell = ({ id, aggregateId }: StreamEvent, userId: string, kind: string, offerId: string | null) => {
    const notificationId = `${kind}-${id}-${userId}`;
    const about = { id: notificationId, userId, sourceEventId: id, kind, offerId, emergencyId: aggregateId };
    notifications.push({ ...about, createdMs: at(0.3) });
    const channels = kind === 'emergency_offer' ? [Channel.PUSH, Channel.WHATSAPP] : [Channel.PUSH];
    for (const channel of channels) {
      const reached = /^v/.test(userId);
      const delivery = { id: `${notificationId}-${channel}`, notificationId, userId, channel, attempts: 1 };
      const status = reached ? DeliveryStatus.SENT : DeliveryStatus.SKIPPED;
      deliveries.push({ ...delivery, status, error: reached ? '' : 'NO_DEVICE', providerId: null });
      if (!reached) continue;
      const phone = phoneOf(userId);
      const data = channel === Channel.PUSH ? { notification_id: notificationId } : { callbackData: delivery.id };
      messages.push({
        ...{ id: `m-${delivery.id}`, channel: channel === Channel.PUSH ? 'push' : 'whatsapp', data, deliveries: 1 },
        ...{
          to: channel === Channel.PUSH ? `token-${userId}` : phone,
          phone,
          title: kind,
          body: kind,
          status: 'shown',
        },
        ...{ receivedAt: new Date(at(0.5)).toISOString(), deliveredAt: [], cursor: messages.length },
      } as Draft<Message>);
    }
  };
  for (const event of stream) {
    const { emergency } = event;
    if (emergency?.kind === 'offered')
      for (const { offerId, volunteerId } of emergency.offers) tell(event, volunteerId, 'emergency_offer', offerId);
    if (emergency?.kind === 'closed')
      for (const { offerId, volunteerId } of emergency.offers) tell(event, volunteerId, 'offer_closed', offerId);
    if (emergency?.kind === 'accepted') tell(event, emergency.requesterId, 'responder_accepted', null);
    if (emergency?.kind === 'progressed' && emergency.status === ResponseStatus.ARRIVED)
      tell(event, emergency.requesterId, 'responder_arrived', null);
    if (emergency?.kind === 'escalated') tell(event, 'dispatcher', 'emergency_escalated', null);
    if (emergency?.kind === 'completed' || emergency?.kind === 'cancelled')
      for (const userId of [emergency.requesterId, ...emergency.responderIds])
        tell(event, userId, emergency.kind, null);
  }
  return { notifications, deliveries, messages };
}
