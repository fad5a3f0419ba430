import type { HttpResponse } from './exchange.ts';

const HEADERS: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cache-control', 'no-store'],
  ['cross-origin-resource-policy', 'cross-origin'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
];
const HSTS = 'max-age=31536000; includeSubDomains';

/** Answers are data for programs: nothing in them may be guessed at, framed, run or kept. */
export function setSecurityHeaders(response: HttpResponse, encrypted: boolean): void {
  for (const [name, value] of HEADERS) response.setHeader(name, value);
  if (encrypted) response.setHeader('strict-transport-security', HSTS);
}
