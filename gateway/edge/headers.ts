import { HEADER } from '@kreki/runtime/caller';
import { type Context, propagation } from '@opentelemetry/api';
import { type Exchange, header } from '../http/exchange.ts';
import type { EdgeMethod } from '../registry.ts';

const setter = { set: (headers: Headers, key: string, value: string) => headers.set(key, value) };

/**
 * The headers that a call goes on with, made anew: of those from outside only the token and what the contract names pass, so that nobody
 * outside can speak as the mesh does (`x-kreki-*`, `l5d-*`).
 */
export function upstreamHeaders(target: EdgeMethod, exchange: Exchange, trace: Context): Headers {
  const headers = new Headers();
  const { authorization } = exchange.request.headers;
  if (authorization) headers.set('authorization', authorization);
  if (exchange.clientIp) headers.set(HEADER.clientIp, exchange.clientIp);
  headers.set(HEADER.requestId, exchange.requestId);
  if (exchange.userAgent) headers.set(HEADER.userAgent, exchange.userAgent);
  for (const name of target.rules.forwardHeaders) {
    const value = header(exchange.request, name);
    if (value !== undefined) headers.set(name, value);
  }
  propagation.inject(trace, headers, setter);
  return headers;
}
