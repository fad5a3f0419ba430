import { cors } from '@connectrpc/connect';
import { type HttpRequest, type HttpResponse, header } from './exchange.ts';

const METHODS = [...new Set([...cors.allowedMethods, 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])].join(', ');
const ALLOWED = [...cors.allowedHeaders, 'authorization', 'x-request-id', 'traceparent', 'tracestate'].join(', ');
const EXPOSED = [...cors.exposedHeaders, 'x-request-id', 'x-trace-id', 'retry-after', 'allow'].join(', ');
const PREFLIGHT_SECONDS = '7200';

/** Lets pages of the configured origins call. Returns whether it was a preflight, which is then answered. */
export type Cors = (request: HttpRequest, response: HttpResponse) => boolean;

export function createCors(origins: readonly string[]): Cors {
  const every = origins.includes('*');
  const allowed = new Set(origins);
  return (request, response) => {
    if (origins.length === 0) return false;
    response.setHeader('vary', 'origin');
    const origin = header(request, 'origin');
    if (!origin || !(every || allowed.has(origin))) return false;
    response.setHeader('access-control-allow-origin', every ? '*' : origin);
    response.setHeader('access-control-expose-headers', EXPOSED);
    if (request.method !== 'OPTIONS' || !header(request, 'access-control-request-method')) return false;
    response.setHeader('access-control-allow-methods', METHODS);
    response.setHeader('access-control-allow-headers', ALLOWED);
    response.setHeader('access-control-max-age', PREFLIGHT_SECONDS);
    response.writeHead(204);
    response.end();
    return true;
  };
}
