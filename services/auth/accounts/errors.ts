import { Code, type ConnectError } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';

/** One answer for an unknown e-mail, a wrong password and a closed account, so that none of them is told apart. */
export const invalidCredentials = (): ConnectError =>
  fail(Code.Unauthenticated, 'INVALID_CREDENTIALS', 'The e-mail or the password is wrong.');

export const userNotFound = (): ConnectError => fail(Code.NotFound, 'USER_NOT_FOUND', 'There is no such account.');

export const emailTaken = (): ConnectError =>
  fail(Code.AlreadyExists, 'EMAIL_TAKEN', 'Another account has this e-mail.', { field: 'email' });

export const phoneTaken = (): ConnectError =>
  fail(Code.AlreadyExists, 'PHONE_TAKEN', 'Another account has this phone number.', { field: 'phone' });
