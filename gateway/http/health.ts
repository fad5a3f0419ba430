import type { Readiness } from '../upstream/readiness.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import type { HttpResponse } from './exchange.ts';
import type { Page } from './front-door.ts';

/** `/healthz`: the process runs. `/readyz`: it should be sent calls; 503 while it starts, stops, or cannot reach what must stay up. */
export function healthPages(upstreams: Upstreams, readiness: Readiness, stopping: AbortSignal): Map<string, Page> {
  return new Map<string, Page>([
    ['/healthz', ({ response }) => answer(response, 200, { status: 'ok' })],
    [
      '/readyz',
      ({ response }) => {
        const ready = readiness.ready && !stopping.aborted;
        const states = Object.values(upstreams).map(({ name, transport }) => [
          name,
          { serving: readiness.serving(name), breaker: transport.breaker },
        ]);
        const status = stopping.aborted ? 'stopping' : ready ? 'ready' : 'not ready';
        answer(response, ready ? 200 : 503, { status, upstreams: Object.fromEntries(states) });
      },
    ],
  ]);
}

function answer(response: HttpResponse, status: number, json: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(json)}\n`);
}
