import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import {
  EmergencyCancelledSchema,
  EmergencyCompletedSchema,
  ResponderAcceptedSchema,
  ResponderProgressedSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { consumer, type EventContext, on } from '@kreki/runtime/events/consumer';
import { beginEngagement, endEmergency, endEngagement } from '../store/engagements.ts';

/** Follows who is on which emergency, so that nobody on one is offered another. */
export const engagementConsumer = consumer({
  from: 'emergency',
  durable: 'volunteer-engagement',
  // Little is done for each, and what shares a transaction costs half.
  concurrency: 2,
  handle: [
    on(ResponderAcceptedSchema, async ({ emergencyId, volunteerId, acceptTime }, context) =>
      beginEngagement(context.tx, { emergencyId, volunteerIds: [volunteerId], at: at(acceptTime, context) }),
    ),
    on(ResponderProgressedSchema, async ({ emergencyId, volunteerId, status, progressTime }, context) => {
      if (!isOver(status)) return;
      endEngagement(context.tx, { emergencyId, volunteerIds: [volunteerId], at: at(progressTime, context) });
    }),
    on(EmergencyCompletedSchema, ({ emergencyId, responderIds, completeTime }, context) =>
      endEmergency(context.tx, { emergencyId, volunteerIds: responderIds, at: at(completeTime, context) }),
    ),
    on(EmergencyCancelledSchema, ({ emergencyId, responderIds, cancelTime }, context) =>
      endEmergency(context.tx, { emergencyId, volunteerIds: responderIds, at: at(cancelTime, context) }),
    ),
  ],
});

const at = (stated: Timestamp | undefined, { time }: EventContext): Date => (stated ? timestampDate(stated) : time);

const isOver = (status: ResponseStatus) => status === ResponseStatus.COMPLETED || status === ResponseStatus.WITHDRAWN;
