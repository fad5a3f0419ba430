import { Code, type ConnectError } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';

export const notYours = (): ConnectError =>
  fail(Code.PermissionDenied, 'NOT_YOUR_EMERGENCY', 'you have nothing to do with this emergency');

export const noSuchEmergency = (id: string): ConnectError =>
  fail(Code.NotFound, 'NO_SUCH_EMERGENCY', 'there is no such emergency', { id });

export const respondersFilled = (): ConnectError =>
  fail(Code.FailedPrecondition, 'RESPONDERS_FILLED', 'enough others have accepted already');

export const offerClosed = (): ConnectError =>
  fail(Code.FailedPrecondition, 'OFFER_CLOSED', 'the offer has expired or was withdrawn');

export const alreadyResponding = (): ConnectError =>
  fail(Code.FailedPrecondition, 'ALREADY_RESPONDING', 'you already respond to another emergency');

/** @param from The state it is in, as the contract names it */
export const invalidTransition = (from: string, to: string): ConnectError =>
  fail(Code.FailedPrecondition, 'INVALID_TRANSITION', `it is ${from} and cannot become ${to}`, { from, to });
