import { OfferStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { Channel, DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { type Check, each, groupBy, type Violation } from '../check.ts';
import type { Evidence, StreamEvent } from '../evidence.ts';
import { firstOfEach } from './order.ts';

/**
 * A phone shows each message once. A push that comes again under its tag takes the place of the first, and a mailbox knows a mail by its
 * Message-ID: these are counted, and seen once.
 */
export const nothingShownTwice: Check = {
  promise: 'no message is shown twice on one phone',
  run({ phones, notification }) {
    const { messages } = phones;
    const bubbles = groupBy(
      messages.filter(({ channel }) => channel === 'whatsapp'),
      ({ to, data, id }) => `WhatsApp message ${data.callbackData ?? id} on ${to}`,
    );
    const pushes = groupBy(
      messages.filter(({ channel, data }) => channel === 'push' && !SILENT.has(String(data.type))),
      ({ to, data, id }) => `push ${data.notification_id ?? id} on ${to}`,
    );
    const said = groupBy(
      notification.notifications.filter(({ offerId }) => offerId !== null),
      ({ userId, kind, offerId }) => `${kind} of offer ${offerId} to ${userId}`,
    );
    const violations = [
      ...[...bubbles, ...pushes].flatMap(([name, same]): Violation[] => {
        const times = same.map(({ receivedAt }) => receivedAt.slice(11, 23)).join(' and ');
        return same.length > 1 ? [{ text: `${name} is shown ${same.length} times, since ${times}` }] : [];
      }),
      ...[...said].flatMap(([name, same]): Violation[] => {
        const emergencyId = same[0]?.emergencyId ?? undefined;
        return same.length > 1 ? [{ text: `${name} is ${same.length} notifications`, emergencyId }] : [];
      }),
    ];
    const replaced = messages.filter(({ channel, deliveries }) => channel === 'push' && deliveries > 1).length;
    const mails = messages.filter(
      ({ channel, duplicateOf }) => channel === 'email' && duplicateOf !== undefined,
    ).length;
    const note = `${replaced} pushes replaced by themselves, ${mails} mails repeated under one Message-ID`;
    return { checked: bubbles.size + pushes.size, violations, note };
  },
};

/** Pushes that only take an alert away. */
const SILENT: ReadonlySet<string> = new Set(['offer_closed']);

/** Whoever an event concerns has a notification of it. */
export const everybodyTold: Check = {
  promise: 'everybody concerned is notified, once an event',
  run({ streams, notification }) {
    const told = new Set(notification.notifications.map(({ sourceEventId, userId }) => `${sourceEventId} ${userId}`));
    const known = new Set(
      firstOfEach(streams.emergency)
        .concat(firstOfEach(streams.auth))
        .map(({ id }) => id),
    );
    const due = firstOfEach(streams.emergency).flatMap((event) =>
      concernedBy(event).map((userId) => ({ event, userId })),
    );
    const missing = each(
      due,
      ({ event, userId }) =>
        told.has(`${event.id} ${userId}`)
          ? undefined
          : `${userId} was not told of ${event.type} ${event.id} (${event.seq})`,
      ({ event }) => event.aggregateId,
    );
    const unfounded = notification.notifications
      .filter(({ sourceEventId }) => !known.has(sourceEventId))
      .map(({ id, userId, kind }) => ({ text: `${userId} was told ${kind} (${id}) of no event` }));
    return { checked: due.length, violations: [...missing.violations, ...unfounded] };
  },
};

function concernedBy({ emergency }: StreamEvent): string[] {
  switch (emergency?.kind) {
    case 'offered':
      return emergency.offers.map(({ volunteerId }) => volunteerId);
    case 'closed':
      // Whoever declined knows.
      return emergency.offers
        .filter(({ status }) => status !== OfferStatus.DECLINED)
        .map(({ volunteerId }) => volunteerId);
    case 'accepted':
      return [emergency.requesterId];
    case 'progressed':
      return emergency.status === ResponseStatus.ARRIVED ? [emergency.requesterId] : [];
    case 'escalated':
      return [...emergency.coordinatorIds];
    case 'completed':
    case 'cancelled':
      return [...new Set([emergency.requesterId, ...emergency.responderIds])];
    case 'requested':
    case 'moved':
    case undefined:
      return [];
    default:
      return emergency satisfies never;
  }
}

const ON_PHONE: readonly number[] = [DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ];
const NOT_NEEDED = /^(NO_DEVICE|MUTED|EXPIRED|OFFER_SETTLED|NO_PHONE|NO_EMAIL)$/;

/** Each delivery came to an end; what is recorded as sent is on its owner's phone, and nothing else is. */
export const phonesHoldWhatWasSent: Check = {
  promise: 'phones hold what was sent, and only that',
  run({ notification, phones }) {
    const byCallback = new Map(phones.messages.map((message) => [String(message.data.callbackData ?? ''), message]));
    const byNotification = groupBy(
      phones.messages.filter(({ channel }) => channel === 'push'),
      ({ data }) => String(data.notification_id ?? ''),
    );
    const byMessageId = new Set(phones.messages.map(({ data }) => String(data.messageId ?? '')));
    const { deliveries } = notification;
    const found = each(deliveries, ({ id, notificationId, userId, channel, status, error }) => {
      const name = `${Channel[channel]} delivery ${id} to ${userId}`;
      if (status === DeliveryStatus.FAILED) return `${name} failed: ${error}`;
      if (status === DeliveryStatus.SKIPPED)
        return NOT_NEEDED.test(error) ? undefined : `${name} was skipped: ${error}`;
      if (!ON_PHONE.includes(status)) return `${name} is ${DeliveryStatus[status]} ${error}`;
      if (channel === Channel.WHATSAPP) {
        const message = byCallback.get(id);
        if (!message) return `${name} is ${DeliveryStatus[status]} and not on the phone`;
        return ownerOf(phones, message.to) === userId
          ? undefined
          : `${name} is on ${message.to}, somebody else's phone`;
      }
      if (channel === Channel.EMAIL) {
        return byMessageId.has(`<${id}@kreki.id>`)
          ? undefined
          : `${name} is ${DeliveryStatus[status]} and in no mailbox`;
      }
      const pushes = byNotification.get(notificationId) ?? [];
      if (pushes.length === 0) return `${name} is ${DeliveryStatus[status]} and not on the phone`;
      const astray = pushes.find(({ phone = '' }) => ownerOf(phones, phone) !== userId);
      return astray && `${name} is on ${astray.to}, somebody else's phone`;
    });
    const known = new Set(deliveries.map(({ id }) => id));
    const notifications = new Set(deliveries.map(({ notificationId }) => notificationId));
    const stray = phones.messages
      .filter(({ channel, data }) =>
        channel === 'whatsapp'
          ? !known.has(String(data.callbackData))
          : channel === 'push' && !notifications.has(String(data.notification_id)),
      )
      .map(({ id, to, title }) => ({ text: `message ${id} (${title}) on ${to} was sent by no delivery` }));
    const skipped = deliveries.filter(({ error }) => error === 'EXPIRED').length;
    const note = `${skipped} alerts expired before they could be sent`;
    return { checked: found.checked, violations: [...found.violations, ...stray], note };
  },
};

const ownerOf = (phones: Evidence['phones'], address: string): string | undefined => phones.owners.get(address);

/** An alert made after the last fault is on a phone before it is worth nothing. */
export const alertsArriveInTime: Check = {
  promise: 'alerts made in calm reach their phones in time',
  run({ notification, phones, emergency, times }) {
    const WITHIN_MS = 15_000;
    const firstSeen = new Map<string, number>();
    for (const { channel, data, receivedAt } of phones.messages) {
      const id = channel === 'push' ? String(data.notification_id ?? '') : String(data.callbackData ?? '');
      firstSeen.set(id, Math.min(firstSeen.get(id) ?? Infinity, Date.parse(receivedAt)));
    }
    const closed = new Map(emergency.offers.map(({ id, closedMs }) => [id, closedMs ?? Infinity]));
    const deliveriesOf = groupBy(notification.deliveries, ({ notificationId }) => notificationId);
    const alerts = notification.notifications.filter(
      ({ kind, createdMs }) => kind === 'emergency_offer' && createdMs > times.calmMs,
    );
    return each(
      alerts,
      ({ id, offerId, userId, createdMs }) => {
        if ((closed.get(offerId ?? '') ?? Infinity) < createdMs + WITHIN_MS) return undefined;
        const seen = [id, ...(deliveriesOf.get(id) ?? []).map((delivery) => delivery.id)].map(
          (key) => firstSeen.get(key) ?? Infinity,
        );
        const firstMs = Math.min(...seen);
        if (firstMs <= createdMs + WITHIN_MS || times.auditedMs < createdMs + WITHIN_MS) return undefined;
        return `offer ${offerId} to ${userId} was seen ${Number.isFinite(firstMs) ? `after ${Math.round(firstMs - createdMs)} ms` : 'nowhere'}`;
      },
      ({ emergencyId }) => emergencyId ?? undefined,
    );
  },
};
