import type { ConnectError, HandlerContext } from '@connectrpc/connect';
import { byPrivilege } from '@kreki/runtime/audit/audited';
import type { Person } from '@kreki/runtime/caller';
import type { EmergencyState } from '../store/emergencies.ts';
import type { OfferRow } from '../store/offers.ts';
import { noSuchEmergency, notYours } from './refusals.ts';
import { isActive } from './status.ts';

/** In which part somebody reads an emergency; it decides what they see. */
export type Part = 'dispatcher' | 'requester' | 'responder' | 'offered';

/** Permissions that make somebody a dispatcher, for reading and for changing. */
export const DISPATCHER = { read: 'emergencies:read', update: 'emergencies:update' } as const;

/**
 * The part a person has. Somebody without any is told the same of a foreign emergency as of one that does not exist.
 * @throws ConnectError PERMISSION_DENIED `NOT_YOUR_EMERGENCY`; for a dispatcher NOT_FOUND `NO_SUCH_EMERGENCY`.
 */
export function partOf(
  person: Person,
  id: string,
  state: EmergencyState | undefined,
  offer: OfferRow | undefined,
): { state: EmergencyState; part: Part } {
  if (!state) throw absent(person, id);
  if (person.can(DISPATCHER.read)) return { state, part: 'dispatcher' };
  if (state.requesterId === person.userId) return { state, part: 'requester' };
  if (responded(state, person.userId)) return { state, part: 'responder' };
  if (offer) return { state, part: 'offered' };
  throw notYours();
}

/** Puts the call of somebody who sees a foreign emergency because they are a dispatcher on record. */
export function noteDispatcher(call: HandlerContext, person: Person, state: EmergencyState, part: Part): void {
  if (part === 'dispatcher' && state.requesterId !== person.userId) byPrivilege(call);
}

/** What somebody is told of an emergency that does not exist. */
export const absent = (person: Person, id: string): ConnectError =>
  person.can(DISPATCHER.read) ? noSuchEmergency(id) : notYours();

/** Whether somebody accepted it and did not withdraw; who was on it when it ended still may look. */
const responded = (state: EmergencyState, volunteerId: string) =>
  state.responses.some(
    (response) => response.volunteerId === volunteerId && (isActive(response.status) || response.completedAt !== null),
  );
