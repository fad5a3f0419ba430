import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  EmergencyCancelledSchema,
  EmergencyCompletedSchema,
} from '@kreki/gen/kreki/emergency/v1/emergency_events_pb.js';
import { type CancelReason, EmergencyStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { event } from '@kreki/runtime/events/outbox';
import { recordProgress } from '../store/progress.ts';
import { closeResponses } from '../store/responses.ts';
import type { Held } from './change.ts';
import { checkClosing } from './status.ts';
import { withdrawAll } from './withdraw.ts';

/** Ends an emergency because help was given. Once ended so, nothing changes. */
export async function complete(held: Held): Promise<void> {
  const { tx, state, now, tell } = held;
  if (state.status === EmergencyStatus.COMPLETED) return;
  const responderIds = await close(held, EmergencyStatus.COMPLETED, ResponseStatus.COMPLETED);
  recordProgress(tx, state.id, { status: EmergencyStatus.COMPLETED, completedAt: now, nextStepAt: null });
  const { id: emergencyId, requesterId } = state;
  const message = { emergencyId, requesterId, responderIds, completeTime: timestampFromDate(now) };
  tell(event(EmergencyCompletedSchema, message, emergencyId));
}

/** Calls an emergency off. Once called off, nothing changes. */
export async function cancel(held: Held, reason: CancelReason): Promise<void> {
  const { tx, state, now, tell } = held;
  if (state.status === EmergencyStatus.CANCELLED) return;
  const responderIds = await close(held, EmergencyStatus.CANCELLED, ResponseStatus.WITHDRAWN);
  recordProgress(tx, state.id, {
    status: EmergencyStatus.CANCELLED,
    cancelledAt: now,
    cancelReason: reason,
    nextStepAt: null,
  });
  const { id: emergencyId, requesterId } = state;
  const message = { emergencyId, requesterId, responderIds, reason, cancelTime: timestampFromDate(now) };
  tell(event(EmergencyCancelledSchema, message, emergencyId));
}

/** Withdraws what is offered and ends what is responded; the ids of those who responded. */
async function close(
  held: Held,
  to: EmergencyStatus.COMPLETED | EmergencyStatus.CANCELLED,
  responses: ResponseStatus.COMPLETED | ResponseStatus.WITHDRAWN,
): Promise<string[]> {
  checkClosing(held.state.status, to);
  const [responderIds] = await Promise.all([
    closeResponses(held.tx, held.state.id, responses, held.now),
    withdrawAll(held, 'EMERGENCY_CLOSED'),
  ]);
  return responderIds;
}
