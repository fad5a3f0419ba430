import { Code } from '@connectrpc/connect';
import type { UpdateMeRequest } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import { fail } from '@kreki/runtime/errors';
import { type LocaleCode, localeCode } from './locale.ts';
import { toE164 } from './phone.ts';

/** What to change of an account; what is undefined stays. */
export interface ProfileChange {
  readonly fullName?: string;
  /** E.164; null removes it. */
  readonly phone?: string | null;
  readonly locale?: LocaleCode;
}

const FIELDS: readonly string[] = ['full_name', 'phone', 'locale'];

/**
 * What a request changes: the fields its mask names, also to nothing, or without a mask those that are given.
 * @throws ConnectError INVALID_ARGUMENT `UPDATE_MASK_INVALID`, `FULL_NAME_MISSING` or `PHONE_INVALID`.
 */
export function profileChange(request: UpdateMeRequest): ProfileChange {
  const changed = new Set(request.updateMask?.paths.length ? request.updateMask.paths : givenFields(request));
  const unknown = [...changed].find((path) => !FIELDS.includes(path));
  if (unknown !== undefined) {
    throw fail(Code.InvalidArgument, 'UPDATE_MASK_INVALID', `The mask names ${unknown}, which cannot be changed.`, {
      field: 'updateMask',
      path: unknown,
    });
  }
  if (changed.has('full_name') && request.fullName === '') {
    throw fail(Code.InvalidArgument, 'FULL_NAME_MISSING', 'A name cannot be empty.', { field: 'fullName' });
  }
  return {
    ...(changed.has('full_name') && { fullName: request.fullName }),
    ...(changed.has('phone') && { phone: request.phone ? toE164(request.phone) : null }),
    ...(changed.has('locale') && { locale: localeCode(request.locale) }),
  };
}

function givenFields({ fullName, phone, locale }: UpdateMeRequest): string[] {
  const given = [fullName !== '', phone !== '', locale !== Locale.UNSPECIFIED];
  return FIELDS.filter((_field, place) => given[place]);
}
