import { Code, ConnectError } from '@connectrpc/connect';
import { Decision } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { OfferAnsweredSchema } from '@kreki/gen/kreki/notification/v1/notification_events_pb.js';
import { type Consumer, consumer, on } from '@kreki/runtime/events/consumer';
import type { Context } from '../context.ts';
import { offerTo } from '../store/offers.ts';
import { changeWithin } from './change.ts';
import { respond } from './respond.ts';

/** Answers that volunteers gave from a message: the same as if the app had sent them. */
export function repliesConsumer({ outbox, wakeDispatch, watch }: Context): Consumer {
  /** Emergencies answered since those who watch were last told. */
  const touched = new Set<string>();
  return consumer({
    from: 'notification',
    durable: 'emergency-replies',
    handle: [
      on(OfferAnsweredSchema, async ({ emergencyId, volunteerId, accepted }, { tx, log }) => {
        const decision = accepted ? Decision.ACCEPT : Decision.DECLINE;
        try {
          await changeWithin(
            tx,
            outbox,
            emergencyId,
            (held, offer) => respond(held, offer, decision),
            () => offerTo(tx, emergencyId, volunteerId),
          );
        } catch (error) {
          // Refused, as it would be in the app; nothing was written before the refusal.
          const refused = error instanceof ConnectError && REFUSALS.has(error.code);
          if (!refused) throw error;
          log.info({ emergencyId, volunteerId, err: error }, 'an answer came too late');
        }
        touched.add(emergencyId);
      }),
    ],
    committed: () => {
      outbox.wake();
      wakeDispatch();
      for (const id of touched) watch.refresh(id);
      touched.clear();
    },
  });
}

const REFUSALS: ReadonlySet<Code> = new Set([Code.FailedPrecondition, Code.PermissionDenied]);
