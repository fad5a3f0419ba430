import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import type { Exchange } from './exchange.ts';

/** How long a client may take to send a whole body, in milliseconds. */
export type BodyTime = (exchange: Exchange, body: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>;

/**
 * Passes a body on as it comes, until the time is over: whoever sends a byte now and then holds a place no longer than that. Throws
 * DEADLINE_EXCEEDED with reason `BODY_TIMEOUT`, and has the connection end with the answer.
 */
export function bodiesWithin(limitMs: number): BodyTime {
  return async function* ({ request, response }, body) {
    const over = Promise.withResolvers<never>();
    over.promise.catch(() => undefined);
    const timer = setTimeout(() => {
      if (request.httpVersionMajor === 1 && !response.headersSent) response.setHeader('connection', 'close');
      const seconds = limitMs / 1_000;
      over.reject(fail(Code.DeadlineExceeded, 'BODY_TIMEOUT', `the request did not come whole within ${seconds} s`));
    }, limitMs);
    const chunks = body[Symbol.asyncIterator]();
    try {
      while (true) {
        const next = await Promise.race([chunks.next(), over.promise]);
        if (next.done) return;
        yield next.value;
      }
    } finally {
      clearTimeout(timer);
    }
  };
}
