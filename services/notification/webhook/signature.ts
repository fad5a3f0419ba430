import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/**
 * Whether Meta signed these bytes with the app's secret.
 * @param header `X-Hub-Signature-256`: `sha256=` and the HMAC in hexadecimal.
 */
export function isSigned(body: Uint8Array, header: string | null, appSecret: string): boolean {
  const expected = `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
  return isSame(header ?? '', expected);
}

/** Compares in a time that says nothing of where, or how long, the texts differ. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}
