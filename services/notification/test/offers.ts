import { randomUUIDv7 } from 'node:crypto';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OffersMadeSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { OutboxEvent } from '@kreki/runtime/events/outbox';
import type { World } from './world.ts';

export interface Offer {
  readonly emergencyId: string;
  readonly offerId: string;
  readonly event: OutboxEvent;
}

/** What a test says of an offer; the rest is usual. */
interface OfferFields {
  readonly emergencyId?: string;
  readonly severity?: Severity;
  readonly distanceMeters?: number;
  readonly expireTime?: Timestamp;
}

/** Offers an emergency of its own to a volunteer. */
export async function offerTo(
  here: World,
  volunteerId: string,
  { distanceMeters = 312, ...fields }: OfferFields = {},
): Promise<Offer> {
  const { emergencyId = randomUUIDv7() } = fields;
  const offerId = randomUUIDv7();
  const made = {
    severity: Severity.CRITICAL,
    category: Category.CARDIAC_ARREST,
    area: 'Gambir',
    requestTime: timestampFromDate(new Date()),
    offerTime: timestampFromDate(new Date()),
    expireTime: timestampFromDate(new Date(Date.now() + 30_000)),
    ...fields,
    emergencyId,
    offers: [{ offerId, volunteerId, distanceMeters }],
  };
  return { emergencyId, offerId, event: await here.events.publish(OffersMadeSchema, made, emergencyId) };
}
