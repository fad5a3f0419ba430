import { randomUUIDv7 } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { OfferMadeSchema } from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { Category, Severity } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { OutboxEvent } from '@kreki/runtime/events/outbox';
import type { World } from './world.ts';

export interface Offer {
  readonly emergencyId: string;
  readonly offerId: string;
  readonly event: OutboxEvent;
}

/** Offers an emergency of its own to a volunteer. */
export async function offerTo(
  here: World,
  volunteerId: string,
  fields: MessageInitShape<typeof OfferMadeSchema> & { emergencyId?: string } = {},
): Promise<Offer> {
  const { emergencyId = randomUUIDv7() } = fields;
  const offerId = randomUUIDv7();
  const made = {
    severity: Severity.CRITICAL,
    category: Category.CARDIAC_ARREST,
    distanceMeters: 312,
    area: 'Gambir',
    requestTime: timestampFromDate(new Date()),
    offerTime: timestampFromDate(new Date()),
    expireTime: timestampFromDate(new Date(Date.now() + 30_000)),
    ...fields,
    emergencyId,
    offerId,
    volunteerId,
  };
  return { emergencyId, offerId, event: await here.events.publish(OfferMadeSchema, made, emergencyId) };
}
