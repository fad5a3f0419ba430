import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import {
  type Compression,
  compressionNegotiate,
  createMethodSerializationLookup,
  type MethodSerializationLookup,
} from '@connectrpc/connect/protocol';
import type { Edge } from '../edge/edge.ts';
import { unreadable } from '../edge/errors.ts';
import type { AdmittedCall } from '../edge/forward.ts';
import { type Exchange, type HttpRequest, header, pathOf } from '../http/exchange.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import type { EdgeMethod, Message, Registry } from '../registry.ts';
import { isEndless } from './patience.ts';
import type { Wire } from './wires.ts';

/** Smaller messages are not worth compressing: the library's own measure. */
export const COMPRESSED_BYTES_MIN = 1_024;

export interface PlainOptions {
  readonly registry: Registry;
  readonly edge: Edge;
  readonly body: BodyLimits;
  /** What answers may be compressed by. */
  readonly compressions: Compression[];
}

/** Answers a call that asks for nothing special; false for every other one, which is left as it was. */
export type PlainHandler = (exchange: Exchange) => boolean;

/** A call by POST with one message that is not compressed. */
export interface PlainCall<W extends Wire> {
  readonly exchange: Exchange;
  readonly target: EdgeMethod;
  readonly serialization: MethodSerializationLookup<DescMessage, DescMessage>;
  readonly wire: W;
  readonly binary: boolean;
}

/** Finds the calls of RPCs of a kind that come over one of the wires. */
export function createPlainHandler<W extends Wire>(
  { registry, body }: PlainOptions,
  kind: DescMethod['methodKind'],
  wires: readonly W[],
  answer: (call: PlainCall<W>) => Promise<void>,
): PlainHandler {
  const limits = { readMaxBytes: body.maxBytes, writeMaxBytes: 2 ** 32 - 1, compressMinBytes: COMPRESSED_BYTES_MIN };
  const routes = new Map<string, Pick<PlainCall<W>, 'target' | 'serialization'>>();
  for (const target of registry.methods) {
    if (target.method.methodKind !== kind) continue;
    const serialization = createMethodSerializationLookup(target.method, {}, { registry: registry.types }, limits);
    routes.set(`/${target.name}`, { target, serialization });
  }

  return (exchange) => {
    const { request } = exchange;
    const route = request.method === 'POST' ? routes.get(pathOf(request)) : undefined;
    if (!route) return false;
    for (const wire of wires) {
      const codec = wire.codecOf(request);
      if (!codec) continue;
      void answer({ exchange, wire, ...route, ...codec });
      return true;
    }
    return false;
  };
}

/** A call that goes on, with what it asks. */
export interface Asked {
  readonly call: AdmittedCall;
  readonly message: Message;
  /** What is left of the caller's own deadline. */
  readonly timeoutMs: number | undefined;
}

/** Admits a call, then reads it. Throws what to answer with. */
export async function ask(
  { exchange, target, serialization, wire, binary }: PlainCall<Wire>,
  { edge, body }: PlainOptions,
): Promise<Asked> {
  const startMs = performance.now();
  const call = await edge.admit(target, exchange);
  try {
    const limitMs = timeoutMsOf(exchange.request, wire);
    const bytes = await readBody(exchange, { ...body, maxBytes: body.maxBytes + wire.overheadBytes });
    const message = serialization.getI(binary).parse(wire.unwrap(bytes));
    return { call, message, timeoutMs: limitMs === undefined ? undefined : limitMs - (performance.now() - startMs) };
  } catch (error) {
    throw call.refusal ?? unreadable(error);
  }
}

/** What the caller allows for the whole call; undefined where only the contract's deadline counts. */
function timeoutMsOf(request: HttpRequest, { timeoutHeader, parseTimeout }: Wire): number | undefined {
  const value = header(request, timeoutHeader);
  if (value === undefined || isEndless(timeoutHeader, value)) return undefined;
  const { timeoutMs, error } = parseTimeout(value, Number.POSITIVE_INFINITY);
  if (error) throw error;
  return timeoutMs;
}

/** What a caller takes answers compressed by, if anything. */
export const compressionFor = (
  { request }: Exchange,
  { acceptHeader }: Wire,
  compressions: Compression[],
): Compression | undefined =>
  compressionNegotiate(compressions, null, header(request, acceptHeader) ?? null, acceptHeader).response ?? undefined;
