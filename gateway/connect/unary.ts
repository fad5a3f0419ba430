import type { DescMessage } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import {
  type Compression,
  compressionNegotiate,
  createMethodSerializationLookup,
  type MethodSerializationLookup,
} from '@connectrpc/connect/protocol';
import {
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  parseContentType,
  parseTimeout,
} from '@connectrpc/connect/protocol-connect';
import type { Edge } from '../edge/edge.ts';
import { unreadable } from '../edge/errors.ts';
import { type Exchange, type HttpRequest, header, pathOf, untilCallerLeaves } from '../http/exchange.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import type { EdgeMethod, Registry } from '../registry.ts';
import { sendBody, sendError } from '../rest/answer.ts';
import { LONGEST_TIMER_MS } from './patience.ts';

export interface UnaryOptions {
  readonly registry: Registry;
  readonly edge: Edge;
  readonly body: BodyLimits;
  /** What answers may be compressed by. */
  readonly compressions: Compression[];
}

/** Answers a plain unary call over Connect; false for everything else, which is left as it was. */
export type UnaryHandler = (exchange: Exchange) => boolean;

interface Route {
  readonly target: EdgeMethod;
  readonly serialization: MethodSerializationLookup<DescMessage, DescMessage>;
}

/** Smaller answers are not worth compressing: the library's own measure. */
const COMPRESSED_BYTES_MIN = 1_024;

/**
 * Most calls of phones are these, and a press is one of them: one message by POST, not compressed. They are answered as the Connect library
 * would, at less than half of its cost: it makes streams, contexts and copies of all headers for what a call might ask for and these do not.
 */
export function createUnaryHandler({ registry, edge, body, compressions }: UnaryOptions): UnaryHandler {
  const routes = new Map<string, Route>();
  for (const target of registry.methods) {
    if (target.method.methodKind === 'unary') routes.set(`/${target.name}`, routeTo(target, registry, body.maxBytes));
  }

  const answer = async (exchange: Exchange, { target, serialization }: Route, binary: boolean) => {
    const { request, response } = exchange;
    const startMs = performance.now();
    const signal = untilCallerLeaves(exchange);
    let refusal: ConnectError | undefined;
    try {
      const call = await edge.admit(target, exchange);
      refusal = call.refusal;
      const limitMs = timeoutMsOf(request);
      const message = serialization.getI(binary).parse(await readBody(exchange, body));
      const timeoutMs = limitMs === undefined ? undefined : limitMs - (performance.now() - startMs);
      const bytes = serialization.getO(binary).serialize(await call.unary(message, { signal, timeoutMs }));
      await send(exchange, bytes, binary);
    } catch (error) {
      sendError(response, refusal ?? unreadable(error), registry.types);
    }
  };

  const send = async ({ request, response }: Exchange, bytes: Uint8Array<ArrayBuffer>, binary: boolean) => {
    const compression = bytes.byteLength >= COMPRESSED_BYTES_MIN ? compressionFor(request) : undefined;
    if (compression && !response.headersSent) response.setHeader('content-encoding', compression.name);
    sendBody(
      response,
      200,
      binary ? contentTypeUnaryProto : contentTypeUnaryJson,
      compression ? await compression.compress(bytes) : bytes,
    );
  };

  const compressionFor = (request: HttpRequest): Compression | null =>
    compressionNegotiate(compressions, null, header(request, 'accept-encoding') ?? null, 'accept-encoding').response;

  return (exchange) => {
    const { request } = exchange;
    const route = request.method === 'POST' ? routes.get(pathOf(request)) : undefined;
    const type = route && parseContentType(header(request, 'content-type') ?? null);
    if (!type || type.stream || (header(request, 'content-encoding') ?? 'identity') !== 'identity') return false;
    void answer(exchange, route, type.binary);
    return true;
  };
}

function routeTo(target: EdgeMethod, { types }: Registry, readMaxBytes: number): Route {
  const limits = { readMaxBytes, writeMaxBytes: 2 ** 32 - 1, compressMinBytes: COMPRESSED_BYTES_MIN };
  return {
    target,
    serialization: createMethodSerializationLookup(target.method, {}, { registry: types }, limits),
  };
}

/** What the caller allows for the whole call; undefined where only the contract's deadline counts. */
function timeoutMsOf(request: HttpRequest): number | undefined {
  const asked = header(request, 'connect-timeout-ms');
  if (asked === undefined || Number(asked) > LONGEST_TIMER_MS) return undefined;
  const { timeoutMs, error } = parseTimeout(asked, LONGEST_TIMER_MS);
  if (error) throw error;
  return timeoutMs;
}
