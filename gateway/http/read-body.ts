import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import { CALLER_LEFT } from '@kreki/runtime/rpc/deadline';
import { type Exchange, header } from './exchange.ts';
import { tooSlow } from './in-time.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** How long a client may take to send it. */
  readonly timeoutMs: number;
}

/**
 * Reads a whole body. Throws RESOURCE_EXHAUSTED with reason `BODY_TOO_LARGE` for what is longer than the limit, without taking it in, and
 * DEADLINE_EXCEEDED with reason `BODY_TIMEOUT`. The request stays as it is: the refusal is still to be sent over its connection.
 */
export function readBody(exchange: Exchange, { maxBytes, timeoutMs }: BodyLimits): Promise<Buffer> {
  const { request } = exchange;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = () => {
      clearTimeout(timer);
      request.off('data', take);
      request.off('end', done);
      request.off('close', left);
      request.off('error', left);
    };
    const refuse = (error: unknown) => {
      end();
      request.pause();
      reject(error);
    };
    const take = (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) refuse(tooLarge(maxBytes));
      else chunks.push(chunk);
    };
    const done = () => {
      end();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    };
    const left = () => refuse(CALLER_LEFT);
    const timer = setTimeout(() => refuse(tooSlow(exchange, timeoutMs)), timeoutMs);
    if (Number(header(request, 'content-length') ?? 0) > maxBytes) return refuse(tooLarge(maxBytes));
    if (request.destroyed) return left();
    request.on('data', take);
    request.once('end', done);
    request.once('close', left);
    request.once('error', left);
  });
}

const tooLarge = (maxBytes: number) =>
  fail(Code.ResourceExhausted, 'BODY_TOO_LARGE', `a body may have at most ${maxBytes} bytes`, {
    max_bytes: String(maxBytes),
  });
