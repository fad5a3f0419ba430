import { EmergencyStatus, OfferStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { type Check, groupBy, type Violation } from '../check.ts';
import type { EmergencyEvent } from '../read/emergency-events.ts';
import { isActive, responseStatus } from './statuses.ts';

/** What an emergency's events amount to, told one after the other. */
export class Told {
  status: number = EmergencyStatus.UNSPECIFIED;
  escalated = false;
  mostResponders = 0;
  readonly offers = new Map<string, { readonly volunteerId: string; status: number }>();
  readonly responders = new Map<string, number>();
  readonly #respondersNeeded: number;

  constructor(respondersNeeded: number) {
    this.#respondersNeeded = respondersNeeded;
  }

  get active(): number {
    return [...this.responders.values()].filter(isActive).length;
  }

  get closed(): boolean {
    return this.status === EmergencyStatus.COMPLETED || this.status === EmergencyStatus.CANCELLED;
  }

  /** Takes the next event; what is said is what is wrong with it here. */
  next(event: EmergencyEvent): string[] {
    if (event.kind === 'requested') {
      const wrong = this.status === EmergencyStatus.UNSPECIFIED ? [] : ['requested a second time'];
      this.status ||= EmergencyStatus.PENDING;
      return wrong;
    }
    const before = this.status === EmergencyStatus.UNSPECIFIED ? [`${event.kind} before it was requested`] : [];
    const after = this.closed ? [`${event.kind} after it was closed`] : [];
    return [...before, ...after, ...this.#take(event)];
  }

  #take(event: Exclude<EmergencyEvent, { kind: 'requested' }>): string[] {
    switch (event.kind) {
      case 'moved':
        return [];
      case 'offered':
        return event.offers.flatMap(({ offerId, volunteerId }) => this.#offer(offerId, volunteerId));
      case 'closed':
        return event.offers.flatMap(({ offerId, status }) => this.#close(offerId, status));
      case 'accepted':
        return this.#accept(event.volunteerId);
      case 'progressed':
        return this.#progress(event.volunteerId, event.status);
      case 'escalated': {
        const wrong = this.escalated ? ['escalated a second time'] : [];
        this.escalated = true;
        return wrong;
      }
      case 'completed':
      case 'cancelled':
        return this.#end(event.kind);
      default:
        return event satisfies never;
    }
  }

  #offer(offerId: string, volunteerId: string): string[] {
    const standing = [...this.offers.values()].some(
      (offer) => offer.volunteerId === volunteerId && offer.status === OfferStatus.OPEN,
    );
    const known = this.offers.has(offerId);
    this.offers.set(offerId, { volunteerId, status: OfferStatus.OPEN });
    if (known) return [`offer ${offerId} made a second time`];
    return standing ? [`${volunteerId} offered it while an offer stands`] : [];
  }

  #close(offerId: string, status: number): string[] {
    const offer = this.offers.get(offerId);
    if (!offer) return [`offer ${offerId} closed and never made`];
    const wrong = offer.status === OfferStatus.OPEN ? [] : [`offer ${offerId} closed and not open`];
    offer.status = status;
    return wrong;
  }

  #accept(volunteerId: string): string[] {
    const offer = [...this.offers.values()].find(
      (each) => each.volunteerId === volunteerId && each.status === OfferStatus.OPEN,
    );
    if (offer) offer.status = OfferStatus.ACCEPTED;
    const again = isActive(this.responders.get(volunteerId) ?? 0);
    this.responders.set(volunteerId, ResponseStatus.ACCEPTED);
    this.mostResponders = Math.max(this.mostResponders, this.active);
    return [
      ...(offer ? [] : [`${volunteerId} accepted without an open offer`]),
      ...(again ? [`${volunteerId} accepted a second time`] : []),
      ...(this.active > this.#respondersNeeded ? [`${this.active} responders, ${this.#respondersNeeded} needed`] : []),
    ];
  }

  #progress(volunteerId: string, status: number): string[] {
    const from = this.responders.get(volunteerId) ?? 0;
    this.responders.set(volunteerId, status);
    const legal = isActive(from) && status > from;
    return legal ? [] : [`${volunteerId} went from ${responseStatus(from)} to ${responseStatus(status)}`];
  }

  #end(how: 'completed' | 'cancelled'): string[] {
    const open = [...this.offers.values()].filter(({ status }) => status === OfferStatus.OPEN).length;
    this.status = how === 'completed' ? EmergencyStatus.COMPLETED : EmergencyStatus.CANCELLED;
    const to = how === 'completed' ? ResponseStatus.COMPLETED : ResponseStatus.WITHDRAWN;
    for (const [volunteerId, status] of this.responders) if (isActive(status)) this.responders.set(volunteerId, to);
    return open > 0 ? [`${how} with ${open} offers open`] : [];
  }
}

/** The events of each emergency, in the order in which the stream has them, are a story that can have happened. */
export const eventsInOrder: Check = {
  promise: 'events of each emergency are in order',
  run({ streams, emergency, outboxes }) {
    const needed = new Map(emergency.emergencies.map(({ id, respondersNeeded }) => [id, respondersNeeded]));
    const violations: Violation[] = [];
    for (const [id, events] of groupBy(firstOfEach(streams.emergency), ({ aggregateId }) => aggregateId)) {
      const told = new Told(needed.get(id) ?? 0);
      for (const { emergency: event, seq } of events) {
        if (!event) continue;
        for (const wrong of told.next(event)) {
          violations.push({ text: `emergency ${id}, event ${seq}: ${wrong}`, emergencyId: id });
        }
      }
    }
    // What is still kept says in which order it was written.
    const places = new Map(streams.emergency.map(({ id, seq }) => [id, seq]));
    for (const [id, written] of groupBy(outboxes.emergency.rows, ({ aggregateId }) => aggregateId)) {
      const seqs = written.flatMap((row) => places.get(row.id) ?? []);
      if (seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0))) continue;
      violations.push({ text: `emergency ${id}: the stream's order ${seqs} is not the outbox's`, emergencyId: id });
    }
    return { checked: streams.emergency.length, violations };
  },
};

/** A stream may hold an event twice after a broker's loss; whoever reads it takes the first. */
export function firstOfEach<T extends { readonly id: string }>(events: readonly T[]): T[] {
  const seen = new Set<string>();
  return events.filter(({ id }) => !seen.has(id) && seen.add(id));
}
