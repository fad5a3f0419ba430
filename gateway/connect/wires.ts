import { Code, ConnectError } from '@connectrpc/connect';
import * as connect from '@connectrpc/connect/protocol-connect';
import * as grpc from '@connectrpc/connect/protocol-grpc';
import { concise, fail } from '@kreki/runtime/errors';
import { orInternal } from '../edge/errors.ts';
import { type HttpRequest, header } from '../http/exchange.ts';
import type { TimeoutHeader } from './patience.ts';

/** How a protocol carries the request of a call that asks for nothing special. */
export interface Wire {
  /** In which codec the call is; undefined when it is in another protocol, or compressed. */
  codecOf(request: HttpRequest): { readonly binary: boolean } | undefined;
  /** Bytes of a body beside those of its message. */
  readonly overheadBytes: number;
  /** The message's bytes within a body. */
  unwrap(body: Buffer): Uint8Array;
  readonly timeoutHeader: TimeoutHeader;
  readonly parseTimeout: typeof connect.parseTimeout;
  readonly acceptHeader: string;
}

/** Flags and length before each message of gRPC, and of Connect's streams. */
const PREFIX_BYTES = 5;

const enveloped: Pick<Wire, 'overheadBytes' | 'unwrap'> = {
  overheadBytes: PREFIX_BYTES,
  unwrap(body) {
    const whole = body.length >= PREFIX_BYTES && body.readUInt32BE(1) === body.length - PREFIX_BYTES;
    if (whole && body[0] === 0) return body.subarray(PREFIX_BYTES);
    throw fail(Code.InvalidArgument, 'UNREADABLE', 'the request is not one message, sent as it is');
  },
};

const CONNECT = { timeoutHeader: 'connect-timeout-ms', parseTimeout: connect.parseTimeout } as const;

export const connectUnary: Wire = {
  ...CONNECT,
  codecOf: (request) => connectCodecOf(request, false, 'content-encoding'),
  overheadBytes: 0,
  unwrap: (body) => body,
  acceptHeader: 'accept-encoding',
};

export const connectStream: Wire = {
  ...CONNECT,
  ...enveloped,
  codecOf: (request) => connectCodecOf(request, true, 'connect-content-encoding'),
  acceptHeader: 'connect-accept-encoding',
};

export const grpcOverHttp2: Wire = {
  ...enveloped,
  codecOf(request) {
    if (request.httpVersionMajor !== 2 || !isPlain(request, 'grpc-encoding')) return undefined;
    return grpc.parseContentType(header(request, 'content-type') ?? null);
  },
  timeoutHeader: 'grpc-timeout',
  parseTimeout: grpc.parseTimeout,
  acceptHeader: 'grpc-accept-encoding',
};

function connectCodecOf(request: HttpRequest, stream: boolean, encoding: string) {
  const type = connect.parseContentType(header(request, 'content-type') ?? null);
  return type?.stream === stream && isPlain(request, encoding) ? type : undefined;
}

const isPlain = (request: HttpRequest, encoding: string): boolean =>
  (header(request, encoding) ?? 'identity') === 'identity';

export const grpcTypeOf = (binary: boolean): string => (binary ? grpc.contentTypeProto : grpc.contentTypeJson);

/** The trailers of gRPC that say how a call ended. */
export function grpcTrailers(thrown?: unknown): Record<string, string> {
  if (thrown === undefined) return { 'grpc-status': grpc.grpcStatusOk };
  const error = orInternal(thrown);
  const { rawMessage, details } = concise(error);
  const told = new ConnectError(rawMessage, error.code, error.metadata);
  told.details = details;
  return Object.fromEntries(grpc.setTrailerStatus(new Headers(), told));
}
