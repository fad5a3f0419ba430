import type { DescMessage } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import {
  type Compression,
  compressionNegotiate,
  createMethodSerializationLookup,
  type MethodSerializationLookup,
} from '@connectrpc/connect/protocol';
import type { Edge } from '../edge/edge.ts';
import { unreadable } from '../edge/errors.ts';
import { type Exchange, type HttpRequest, header, pathOf, untilCallerLeaves } from '../http/exchange.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import type { EdgeMethod, Registry } from '../registry.ts';
import { isEndless } from './patience.ts';
import { WIRES, type Wire } from './wires.ts';

export interface UnaryOptions {
  readonly registry: Registry;
  readonly edge: Edge;
  readonly body: BodyLimits;
  /** What answers may be compressed by. */
  readonly compressions: Compression[];
}

/** Answers a plain unary call; false for everything else, which is left as it was. */
export type UnaryHandler = (exchange: Exchange) => boolean;

interface Route {
  readonly target: EdgeMethod;
  readonly serialization: MethodSerializationLookup<DescMessage, DescMessage>;
}

/** Smaller answers are not worth compressing: the library's own measure. */
const COMPRESSED_BYTES_MIN = 1_024;

/**
 * Most calls are these, and a press is one of them: one message by POST, not compressed, over Connect or gRPC. They are answered as the Connect
 * library would, at less cost: it makes streams, contexts and copies of all headers for what a call might ask for and these do not.
 */
export function createUnaryHandler({ registry, edge, body, compressions }: UnaryOptions): UnaryHandler {
  const routes = new Map<string, Route>();
  for (const target of registry.methods) {
    if (target.method.methodKind === 'unary') routes.set(`/${target.name}`, routeTo(target, registry, body.maxBytes));
  }

  const answer = async (exchange: Exchange, { target, serialization }: Route, wire: Wire, binary: boolean) => {
    const { request, response } = exchange;
    const startMs = performance.now();
    const signal = untilCallerLeaves(exchange);
    const limits = { ...body, maxBytes: body.maxBytes + wire.overheadBytes };
    let refusal: ConnectError | undefined;
    try {
      const call = await edge.admit(target, exchange);
      refusal = call.refusal;
      const limitMs = timeoutMsOf(request, wire);
      const message = serialization.getI(binary).parse(wire.unwrap(await readBody(exchange, limits)));
      const timeoutMs = limitMs === undefined ? undefined : limitMs - (performance.now() - startMs);
      const bytes = serialization.getO(binary).serialize(await call.unary(message, { signal, timeoutMs }));
      const compression = bytes.byteLength >= COMPRESSED_BYTES_MIN ? compressionFor(request, wire) : undefined;
      wire.send(response, compression ? await compression.compress(bytes) : bytes, binary, compression?.name);
    } catch (error) {
      wire.fail(response, refusal ?? unreadable(error), binary, registry.types);
    }
  };

  const compressionFor = (request: HttpRequest, { acceptHeader }: Wire): Compression | null =>
    compressionNegotiate(compressions, null, header(request, acceptHeader) ?? null, acceptHeader).response;

  return (exchange) => {
    const { request } = exchange;
    const route = request.method === 'POST' ? routes.get(pathOf(request)) : undefined;
    if (!route) return false;
    for (const wire of WIRES) {
      const codec = wire.codecOf(request);
      if (!codec) continue;
      void answer(exchange, route, wire, codec.binary);
      return true;
    }
    return false;
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
function timeoutMsOf(request: HttpRequest, { timeoutHeader, parseTimeout }: Wire): number | undefined {
  const value = header(request, timeoutHeader);
  if (value === undefined || isEndless(timeoutHeader, value)) return undefined;
  const { timeoutMs, error } = parseTimeout(value, Number.POSITIVE_INFINITY);
  if (error) throw error;
  return timeoutMs;
}
