import { EmergencyStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import type { EmergencyState, ResponseState } from '../store/emergencies.ts';
import { recordProgress } from '../store/progress.ts';
import { isActive, updateResponse } from '../store/responses.ts';
import type { Held } from './change.ts';
import { responderProgressed } from './events.ts';
import { invalidTransition, notYours } from './refusals.ts';
import { isOpen } from './respond.ts';

/** What a responder may go on to from each state. */
const NEXT: Readonly<Record<ResponseStatus, readonly ResponseStatus[]>> = {
  [ResponseStatus.UNSPECIFIED]: [],
  [ResponseStatus.ACCEPTED]: [ResponseStatus.EN_ROUTE, ResponseStatus.ARRIVED, ResponseStatus.WITHDRAWN],
  [ResponseStatus.EN_ROUTE]: [ResponseStatus.ARRIVED, ResponseStatus.WITHDRAWN],
  [ResponseStatus.ARRIVED]: [ResponseStatus.WITHDRAWN],
  [ResponseStatus.COMPLETED]: [],
  [ResponseStatus.WITHDRAWN]: [],
};

/** Takes a responder from one state to the next; the same state again changes nothing. */
export async function progress(held: Held, volunteerId: string, to: ResponseStatus): Promise<void> {
  const { tx, state, now, tell } = held;
  const response = state.responses.find((each) => each.volunteerId === volunteerId);
  if (!response) throw notYours();
  if (response.status === to) return;
  if (!isOpen(state.status) || !NEXT[response.status].includes(to)) {
    throw invalidTransition(ResponseStatus[response.status] ?? '', ResponseStatus[to] ?? '');
  }
  await updateResponse(tx, state.id, volunteerId, to, now);
  tell(responderProgressed(state, response, to, now));
  await recordProgress(tx, state.id, {
    status: statusAfter(state, response, to),
    ...(to === ResponseStatus.ARRIVED && { arrivedAt: now }),
    nextStepAt: remaining(state, response, to).length < state.respondersNeeded ? now : null,
  });
}

/** The active responses as they are after the change. */
const remaining = (state: EmergencyState, changed: ResponseState, to: ResponseStatus): ResponseStatus[] =>
  state.responses.map((each) => (each === changed ? to : each.status)).filter(isActive);

/** Where an emergency stands is where the furthest of its responders stands. */
function statusAfter(state: EmergencyState, changed: ResponseState, to: ResponseStatus): EmergencyStatus {
  const active = remaining(state, changed, to);
  if (active.some((status) => status !== ResponseStatus.ACCEPTED)) return EmergencyStatus.RESPONDING;
  return active.length > 0 ? EmergencyStatus.ASSIGNED : EmergencyStatus.PENDING;
}
