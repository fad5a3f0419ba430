import { EmergencyStatus, ResponseStatus } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { invalidTransition } from './refusals.ts';

/** Whether help is still sought or on its way. */
export function isOpen(status: EmergencyStatus): boolean {
  switch (status) {
    case EmergencyStatus.PENDING:
    case EmergencyStatus.ASSIGNED:
    case EmergencyStatus.RESPONDING:
      return true;
    case EmergencyStatus.UNSPECIFIED:
    case EmergencyStatus.COMPLETED:
    case EmergencyStatus.CANCELLED:
      return false;
    default:
      return status satisfies never;
  }
}

/** Whether a responder is on it, neither done nor withdrawn. */
export const isActive = (status: ResponseStatus): boolean =>
  status === ResponseStatus.ACCEPTED || status === ResponseStatus.EN_ROUTE || status === ResponseStatus.ARRIVED;

/** Where an open emergency stands: where the furthest of its responders does. */
export function statusOf(responses: readonly ResponseStatus[]): EmergencyStatus {
  const active = responses.filter(isActive);
  if (active.some((status) => status !== ResponseStatus.ACCEPTED)) return EmergencyStatus.RESPONDING;
  return active.length > 0 ? EmergencyStatus.ASSIGNED : EmergencyStatus.PENDING;
}

/** What a responder may go on to from each state. */
const NEXT: Readonly<Record<ResponseStatus, readonly ResponseStatus[]>> = {
  [ResponseStatus.UNSPECIFIED]: [],
  [ResponseStatus.ACCEPTED]: [ResponseStatus.EN_ROUTE, ResponseStatus.ARRIVED, ResponseStatus.WITHDRAWN],
  [ResponseStatus.EN_ROUTE]: [ResponseStatus.ARRIVED, ResponseStatus.WITHDRAWN],
  [ResponseStatus.ARRIVED]: [ResponseStatus.WITHDRAWN],
  [ResponseStatus.COMPLETED]: [],
  [ResponseStatus.WITHDRAWN]: [],
};

/** @throws ConnectError FAILED_PRECONDITION `INVALID_TRANSITION`. */
export function checkResponseTransition(from: ResponseStatus, to: ResponseStatus): void {
  if (!NEXT[from].includes(to)) throw invalidTransition(ResponseStatus[from] ?? '', ResponseStatus[to] ?? '');
}

/** @throws ConnectError FAILED_PRECONDITION `INVALID_TRANSITION` when it is closed already. */
export function checkClosing(from: EmergencyStatus, to: EmergencyStatus.COMPLETED | EmergencyStatus.CANCELLED): void {
  if (!isOpen(from)) throw invalidTransition(EmergencyStatus[from] ?? '', EmergencyStatus[to] ?? '');
}
