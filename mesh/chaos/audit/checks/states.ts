import { EmergencyStatus, OfferStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { type Check, each, groupBy } from '../check.ts';
import type { EmergencyRow, OfferRow, ResponseRow } from '../evidence.ts';
import { firstOfEach, Told } from './order.ts';
import { emergencyStatus, isActive, isOpen, offerStatus, responseStatus } from './statuses.ts';

/** Every row agrees with itself and with the rows that belong to it. */
export const statesLegal: Check = {
  promise: 'every state is one that can be',
  run({ emergency }) {
    const offers = groupBy(emergency.offers, ({ emergencyId }) => emergencyId);
    const responses = groupBy(emergency.responses, ({ emergencyId }) => emergencyId);
    return each(
      emergency.emergencies,
      (row) =>
        wrongWith(row, offers.get(row.id) ?? [], responses.get(row.id) ?? []).map(
          (wrong) => `emergency ${row.id}: ${wrong}`,
        ),
      ({ id }) => id,
    );
  },
};

function wrongWith(row: EmergencyRow, offers: readonly OfferRow[], responses: readonly ResponseRow[]): string[] {
  const active = responses.filter(({ status }) => isActive(status));
  const onTheWay = active.some(({ status }) => status !== ResponseStatus.ACCEPTED);
  const expected = onTheWay
    ? EmergencyStatus.RESPONDING
    : active.length > 0
      ? EmergencyStatus.ASSIGNED
      : EmergencyStatus.PENDING;
  const open = offers.filter(({ status }) => status === OfferStatus.OPEN);
  const wrong = (condition: boolean, text: string) => (condition ? [text] : []);
  const status = emergencyStatus(row.status);
  return [
    ...wrong(isOpen(row.status) && row.status !== expected, `is ${status} with ${active.length} on it`),
    ...wrong(isOpen(row.status) && (row.completedMs ?? row.cancelledMs) !== null, `is ${status} and has an end`),
    ...wrong(row.status === EmergencyStatus.COMPLETED && row.completedMs === null, 'is COMPLETED at no time'),
    ...wrong(row.status === EmergencyStatus.CANCELLED && row.cancelledMs === null, 'is CANCELLED at no time'),
    ...wrong(row.completedMs !== null && row.cancelledMs !== null, 'is both completed and cancelled'),
    ...wrong(!isOpen(row.status) && open.length > 0, `is ${status} with ${open.length} offers open`),
    ...wrong(!isOpen(row.status) && active.length > 0, `is ${status} with ${active.length} still on it`),
    ...wrong(!isOpen(row.status) && row.nextStepMs !== null, `is ${status} and still to be dispatched`),
    ...wrong(
      isOpen(row.status) && active.length < row.respondersNeeded && row.nextStepMs === null,
      `lacks responders and is not to be dispatched`,
    ),
    ...offers.flatMap((offer) =>
      wrong(
        (offer.status === OfferStatus.OPEN) !== (offer.closedMs === null),
        `offer ${offer.id} is ${offerStatus(offer.status)} and closed at ${offer.closedMs}`,
      ),
    ),
    ...responses.flatMap(({ volunteerId, status: at }) =>
      wrong(
        !offers.some((offer) => offer.volunteerId === volunteerId && offer.status === OfferStatus.ACCEPTED),
        `${volunteerId} is ${responseStatus(at)} without an accepted offer`,
      ),
    ),
    ...wrong(row.createdMs > (row.firstOfferMs ?? Infinity) + 1, 'was offered before it was pressed'),
  ];
}

/** What the events say, one after the other, is what the database holds. */
export const eventsTellAll: Check = {
  promise: 'events say what the database holds',
  run({ emergency, streams }) {
    const events = groupBy(firstOfEach(streams.emergency), ({ aggregateId }) => aggregateId);
    const offers = groupBy(emergency.offers, ({ emergencyId }) => emergencyId);
    const responses = groupBy(emergency.responses, ({ emergencyId }) => emergencyId);
    return each(
      emergency.emergencies,
      (row) => {
        const told = new Told(row.respondersNeeded);
        for (const { emergency: event } of events.get(row.id) ?? []) if (event) told.next(event);
        const of = (text: string) => `emergency ${row.id}: ${text}`;
        return [
          ...(told.closed || !isOpen(row.status)
            ? told.status === row.status
              ? []
              : [of(`is ${emergencyStatus(row.status)}, told as ${emergencyStatus(told.status)}`)]
            : []),
          ...(told.escalated === (row.escalatedMs !== null) ? [] : [of('its escalation is not as told')]),
          ...(offers.get(row.id) ?? []).flatMap((offer) => {
            const as = told.offers.get(offer.id)?.status;
            if (as === offer.status) return [];
            return [
              of(`offer ${offer.id} is ${offerStatus(offer.status)}, told as ${as ? offerStatus(as) : 'nothing'}`),
            ];
          }),
          ...(responses.get(row.id) ?? []).flatMap(({ volunteerId, status }) => {
            const as = told.responders.get(volunteerId) ?? 0;
            if (as === status) return [];
            return [of(`${volunteerId} is ${responseStatus(status)}, told as ${responseStatus(as)}`)];
          }),
        ];
      },
      ({ id }) => id,
    );
  },
};

/** Whom the volunteer service takes to be on an emergency is on it, and nobody else. */
export const servicesAgree: Check = {
  promise: 'services agree who is on which emergency',
  run({ volunteers, emergency }) {
    const active = new Map(
      emergency.responses.filter(({ status }) => isActive(status)).map((row) => [row.volunteerId, row.emergencyId]),
    );
    return each(
      volunteers,
      ({ id, engagedEmergencyId }) => {
        const on = active.get(id) ?? null;
        if (on === engagedEmergencyId) return undefined;
        return `${id} is on ${on ?? 'nothing'}, and the volunteer service has ${engagedEmergencyId ?? 'nothing'}`;
      },
      ({ engagedEmergencyId }) => engagedEmergencyId ?? undefined,
    );
  },
};
