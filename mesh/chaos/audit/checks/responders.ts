import { type Check, groupBy, type Violation } from '../check.ts';
import { closedMs } from './attention.ts';
import { firstOfEach, Told } from './order.ts';
import { isActive } from './statuses.ts';

/** Neither in the database nor at any time that the events tell of; and nobody on two emergencies at once. */
export const neverTooMany: Check = {
  promise: 'never more responders than needed',
  run({ emergency, streams }) {
    const { emergencies, responses } = emergency;
    const violations: Violation[] = [];
    const stayed = groupBy(
      responses.filter(({ status }) => status !== 5),
      ({ emergencyId }) => emergencyId,
    );
    const events = groupBy(firstOfEach(streams.emergency), ({ aggregateId }) => aggregateId);
    for (const { id, respondersNeeded, status } of emergencies) {
      const present = (stayed.get(id) ?? []).length;
      if (present > respondersNeeded)
        violations.push({
          text: `emergency ${id} has ${present} responders, ${respondersNeeded} needed`,
          emergencyId: id,
        });
      const told = new Told(respondersNeeded);
      for (const { emergency: event } of events.get(id) ?? []) if (event) told.next(event);
      if (told.mostResponders > respondersNeeded) {
        violations.push({
          text: `emergency ${id} (${status}) had ${told.mostResponders} responders at a time, ${respondersNeeded} needed`,
          emergencyId: id,
        });
      }
    }
    const busy = groupBy(
      responses.filter(({ status }) => isActive(status)),
      ({ volunteerId }) => volunteerId,
    );
    for (const [volunteerId, active] of busy) {
      if (active.length > 1)
        violations.push({
          text: `${volunteerId} responds to ${active.length} emergencies`,
          emergencyId: active[0]?.emergencyId,
        });
    }
    return { checked: emergencies.length, violations };
  },
};

/** By the times in the events: whoever accepts is on no other emergency. */
export const oneAtATime: Check = {
  promise: 'nobody responds to two emergencies at a time',
  run({ streams, emergency }) {
    const ended = new Map(emergency.emergencies.map((row) => [row.id, closedMs(row) ?? Infinity]));
    const stays: { volunteerId: string; emergencyId: string; fromMs: number; toMs: number }[] = [];
    for (const { emergency: event, aggregateId } of firstOfEach(streams.emergency)) {
      if (event?.kind === 'accepted') {
        stays.push({
          volunteerId: event.volunteerId,
          emergencyId: aggregateId,
          fromMs: event.atMs,
          toMs: ended.get(aggregateId) ?? Infinity,
        });
      }
      if (event?.kind !== 'progressed' || isActive(event.status)) continue;
      const stay = stays.findLast((each) => each.volunteerId === event.volunteerId && each.emergencyId === aggregateId);
      if (stay) stay.toMs = event.atMs;
    }
    const violations: Violation[] = [];
    for (const [volunteerId, own] of groupBy(stays, (stay) => stay.volunteerId)) {
      const inTime = own.toSorted((one, other) => one.fromMs - other.fromMs);
      for (const [index, stay] of inTime.entries()) {
        const next = inTime[index + 1];
        if (next && next.fromMs < stay.toMs) {
          violations.push({
            text: `${volunteerId} accepted ${next.emergencyId} while on ${stay.emergencyId}`,
            emergencyId: next.emergencyId,
          });
        }
      }
    }
    return { checked: stays.length, violations };
  },
};
