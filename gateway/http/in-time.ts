import { Code, type ConnectError } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import type { Exchange } from './exchange.ts';

/**
 * Passes a body on as it comes, until the time is over: whoever sends a byte now and then holds a place no longer than that. Throws
 * DEADLINE_EXCEEDED with reason `BODY_TIMEOUT`, and has the connection end with the answer.
 */
export async function* inTime(
  exchange: Exchange,
  body: AsyncIterable<Uint8Array>,
  limitMs: number,
): AsyncGenerator<Uint8Array> {
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  const timer = setTimeout(() => over.reject(tooSlow(exchange, limitMs)), limitMs);
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
}

/** What is said to whoever has not sent a whole request in time; their connection ends with the answer. */
export function tooSlow({ request, response }: Exchange, limitMs: number): ConnectError {
  if (request.httpVersionMajor === 1 && !response.headersSent) response.setHeader('connection', 'close');
  return fail(Code.DeadlineExceeded, 'BODY_TIMEOUT', `the request did not come whole within ${limitMs / 1_000} s`);
}
