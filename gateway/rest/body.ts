import type { JsonValue } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import { type Exchange, header } from '../http/exchange.ts';
import type { BodyTime } from '../http/in-time.ts';
import { HttpFailure } from './failure.ts';

/** Reads a whole body, refusing with 413 what is longer than the limit without taking it in. */
export async function readBody(exchange: Exchange, maxBytes: number, bodyTime: BodyTime): Promise<Buffer> {
  const { request } = exchange;
  const tooLarge = () =>
    new HttpFailure(
      413,
      fail(Code.ResourceExhausted, 'BODY_TOO_LARGE', `a body may have at most ${maxBytes} bytes`, {
        max_bytes: String(maxBytes),
      }),
    );
  if (Number(header(request, 'content-length') ?? 0) > maxBytes) throw tooLarge();
  const encoding = header(request, 'content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    const unknown = `the body must be sent as it is, not in the encoding ${JSON.stringify(encoding)}`;
    throw new HttpFailure(415, fail(Code.InvalidArgument, 'UNKNOWN_ENCODING', unknown));
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop must not destroy the request: the refusal is still to be sent over its connection.
  for await (const chunk of bodyTime(exchange, request.iterator({ destroyOnReturn: false }))) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** JSON in UTF-8, according to its type; nothing at all counts as an empty object. */
export function parseJson(bytes: Buffer, contentType: string | undefined): JsonValue {
  if (bytes.length === 0) return {};
  if (!/^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i.test(contentType ?? '')) {
    throw new HttpFailure(
      415,
      fail(Code.InvalidArgument, 'NOT_JSON', 'the body must be JSON, sent with content-type: application/json'),
    );
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JsonValue;
  } catch (error) {
    const what = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw fail(Code.InvalidArgument, 'BAD_JSON', `the body is not JSON: ${what}`, {}, error);
  }
}
