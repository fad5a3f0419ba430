import { Code } from '@connectrpc/connect';
import { sqlState } from '@kreki/runtime/database/errors';
import { fail } from '@kreki/runtime/errors';

/** Of somebody who acts as a volunteer without being one. */
export const noProfile = () =>
  fail(Code.FailedPrecondition, 'NO_PROFILE', 'you have no volunteer profile yet; make one first');

export const profileNotFound = () => fail(Code.NotFound, 'PROFILE_NOT_FOUND', 'there is no such volunteer');

const INVALID_PARAMETER_VALUE = '22023';

/** What the schema says of a time zone it does not know, as a refusal; any other error as it is. */
export function refusalOf(error: unknown): unknown {
  if (sqlState(error) === INVALID_PARAMETER_VALUE) {
    const field = { field: 'time_zone' };
    return fail(Code.InvalidArgument, 'TIME_ZONE_UNKNOWN', 'time_zone must be an IANA time zone', field, error);
  }
  return error;
}
