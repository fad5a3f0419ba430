import {
  EmergencyCancelledSchema,
  EmergencyCompletedSchema,
  EmergencyEscalatedSchema,
  OffersClosedSchema,
  OffersMadeSchema,
  ResponderAcceptedSchema,
  ResponderProgressedSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { Topic } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { type Consumer, consumer, type EventContext, on } from '@kreki/runtime/events/consumer';
import * as alerts from '../alerts/emergency-alerts.ts';
import type { Queues } from '../delivery/queues.ts';
import { skipWaiting } from '../store/queue.ts';
import { notify } from './notify.ts';

/** Tells people what happens with emergencies. */
export function dispatchConsumer(queues: Queues): Consumer {
  return consumer({
    from: 'emergency',
    durable: 'notification-dispatch',
    // Little is done for each, none waits for another, and what shares a transaction costs half.
    concurrency: 2,
    handle: [
      on(OffersMadeSchema, (event, context) => notify(queues, alerts.offersMade(event), context)),
      on(OffersClosedSchema, async (event, context) => {
        settleOffers(event.emergencyId, event.offers, context);
        await notify(queues, alerts.offersClosed(event), context);
      }),
      on(ResponderAcceptedSchema, async (event, context) => {
        settleOffers(event.emergencyId, [event], context);
        await notify(queues, alerts.responderAccepted(event), context);
      }),
      on(ResponderProgressedSchema, (event, context) => notify(queues, alerts.responderProgressed(event), context)),
      on(EmergencyEscalatedSchema, (event, context) => notify(queues, alerts.emergencyEscalated(event), context)),
      on(EmergencyCompletedSchema, (event, context) => notify(queues, alerts.emergencyCompleted(event), context)),
      on(EmergencyCancelledSchema, (event, context) => notify(queues, alerts.emergencyCancelled(event), context)),
    ],
    committed: () => queues.wake(),
  });
}

/** Alerts that did not go out yet ask what is answered by now. */
function settleOffers(
  emergencyId: string,
  offers: readonly { readonly volunteerId: string }[],
  { tx }: EventContext,
): void {
  const userIds = offers.map(({ volunteerId }) => volunteerId);
  skipWaiting(tx, { emergencyId, userIds, topic: Topic.OFFER }, 'OFFER_SETTLED');
}
