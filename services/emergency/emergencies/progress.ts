import { ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { recordProgress } from '../store/progress.ts';
import { updateResponse } from '../store/responses.ts';
import type { Held } from './change.ts';
import { responderProgressed } from './events.ts';
import { notYours } from './refusals.ts';
import { checkResponseTransition, isActive, statusOf } from './status.ts';

/** Takes a responder from one state to the next; the same state again changes nothing. Closing an emergency ends its responses. */
export async function progress(held: Held, volunteerId: string, to: ResponseStatus): Promise<void> {
  const { tx, state, now, tell } = held;
  const response = state.responses.find((each) => each.volunteerId === volunteerId);
  if (!response) throw notYours();
  if (response.status === to) return;
  checkResponseTransition(response.status, to);
  updateResponse(tx, state.id, volunteerId, to, now);
  tell(responderProgressed(state, response, to, now));
  const statuses = state.responses.map((each) => (each === response ? to : each.status));
  recordProgress(tx, state.id, {
    status: statusOf(statuses),
    ...(to === ResponseStatus.ARRIVED && { arrivedAt: now }),
    nextStepAt: statuses.filter(isActive).length < state.respondersNeeded ? now : null,
  });
}
