import { Code } from '@connectrpc/connect';
import { fail } from './errors.ts';

/** Rows of a page: what was asked for, or the default when nothing was (0), never above `max`. */
export function pageSize(requested: number, fallback: number, max: number): number {
  return Math.min(requested > 0 ? requested : fallback, max);
}

/**
 * Makes an opaque token of the keyset after which the next page begins. The value goes through JSON: give a timestamp as text, in
 * the precision the database compares it in (`Date` has milliseconds, `timestamptz` microseconds), or page by a UUID v7 alone.
 */
export function encodePageToken(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/**
 * Reads a token back; an empty token is the first page, `undefined`.
 * @param isKeyset Refuses a token of another list, or one that somebody made up, before its values reach a statement.
 * @throws ConnectError INVALID_ARGUMENT `BAD_PAGE_TOKEN`.
 */
export function decodePageToken<T extends object>(
  token: string,
  isKeyset: (value: Partial<Record<keyof T, unknown>>) => boolean = () => true,
): T | undefined {
  if (token === '') return undefined;
  const value = parse(token);
  if (typeof value === 'object' && value !== null && isKeyset(value)) return value as T;
  throw fail(Code.InvalidArgument, 'BAD_PAGE_TOKEN', 'The page token is not one that this list gave out.');
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return undefined;
  }
}
