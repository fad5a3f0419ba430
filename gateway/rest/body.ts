import type { JsonValue } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import { type Exchange, header } from '../http/exchange.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import { HttpFailure } from './failure.ts';

/** Reads a whole body that is sent as it is. Throws 413 for what is longer than the limit, and 415 for what is encoded. */
export async function readRestBody(exchange: Exchange, limits: BodyLimits): Promise<Buffer> {
  const encoding = header(exchange.request, 'content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    const unknown = `the body must be sent as it is, not in the encoding ${JSON.stringify(encoding)}`;
    throw new HttpFailure(415, fail(Code.InvalidArgument, 'UNKNOWN_ENCODING', unknown));
  }
  return readBody(exchange, limits).catch((error: unknown) => {
    throw error instanceof ConnectError && error.code === Code.ResourceExhausted ? new HttpFailure(413, error) : error;
  });
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
