import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';

/**
 * A phone number as people write it, in E.164; numbers without a country code are Indonesian.
 * @throws ConnectError INVALID_ARGUMENT `PHONE_INVALID`.
 */
export function toE164(written: string): string {
  const digits = written.replace(/\D/g, '');
  const number = written.trim().startsWith('+') ? digits : withCountryCode(digits);
  // People also write the trunk prefix after the country code: +62 0812….
  const phone = `+${number.replace(/^620+/, '62')}`;
  if (!/^\+[1-9]\d{7,14}$/.test(phone)) {
    throw fail(Code.InvalidArgument, 'PHONE_INVALID', 'This is not a phone number.', { field: 'phone' });
  }
  return phone;
}

function withCountryCode(digits: string): string {
  if (digits.startsWith('00')) return digits.slice(2);
  if (digits.startsWith('0')) return `62${digits.slice(1)}`;
  if (digits.startsWith('8')) return `62${digits}`;
  return digits;
}
