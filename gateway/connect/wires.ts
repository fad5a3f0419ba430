import type { Registry as TypeRegistry } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { compressedFlag, encodeEnvelope } from '@connectrpc/connect/protocol';
import * as connect from '@connectrpc/connect/protocol-connect';
import * as grpc from '@connectrpc/connect/protocol-grpc';
import { concise, fail } from '@kreki/runtime/errors';
import { orInternal } from '../edge/errors.ts';
import { type HttpRequest, type HttpResponse, header } from '../http/exchange.ts';
import { sendBody, sendError } from '../rest/answer.ts';
import type { TimeoutHeader } from './patience.ts';

/** How a protocol carries a unary call that asks for nothing special. */
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
  send(response: HttpResponse, bytes: Uint8Array, binary: boolean, compression: string | undefined): void;
  fail(response: HttpResponse, error: unknown, binary: boolean, types: TypeRegistry): void;
}

const isPlain = (request: HttpRequest, encoding: string): boolean =>
  (header(request, encoding) ?? 'identity') === 'identity';

const connectWire: Wire = {
  codecOf(request) {
    const type = connect.parseContentType(header(request, 'content-type') ?? null);
    return type && !type.stream && isPlain(request, 'content-encoding') ? type : undefined;
  },
  overheadBytes: 0,
  unwrap: (body) => body,
  timeoutHeader: 'connect-timeout-ms',
  parseTimeout: connect.parseTimeout,
  acceptHeader: 'accept-encoding',
  send(response, bytes, binary, compression) {
    if (compression && !response.headersSent) response.setHeader('content-encoding', compression);
    sendBody(response, 200, binary ? connect.contentTypeUnaryProto : connect.contentTypeUnaryJson, bytes);
  },
  fail: (response, thrown, _binary, types) => sendError(response, thrown, types),
};

/** Flags and length before each message of gRPC. */
const PREFIX_BYTES = 5;

const contentTypeOf = (binary: boolean) => ({
  'content-type': binary ? grpc.contentTypeProto : grpc.contentTypeJson,
});

const grpcWire: Wire = {
  codecOf(request) {
    if (request.httpVersionMajor !== 2 || !isPlain(request, 'grpc-encoding')) return undefined;
    return grpc.parseContentType(header(request, 'content-type') ?? null);
  },
  overheadBytes: PREFIX_BYTES,
  unwrap(body) {
    const whole = body.length >= PREFIX_BYTES && body.readUInt32BE(1) === body.length - PREFIX_BYTES;
    if (whole && body[0] === 0) return body.subarray(PREFIX_BYTES);
    throw fail(Code.InvalidArgument, 'UNREADABLE', 'the request is not one message of gRPC, sent as it is');
  },
  timeoutHeader: 'grpc-timeout',
  parseTimeout: grpc.parseTimeout,
  acceptHeader: 'grpc-accept-encoding',
  send(response, bytes, binary, compression) {
    if (response.headersSent || response.destroyed) return;
    const type = contentTypeOf(binary);
    response.writeHead(200, compression ? { ...type, 'grpc-encoding': compression } : type);
    response.addTrailers({ 'grpc-status': grpc.grpcStatusOk });
    response.end(encodeEnvelope(compression ? compressedFlag : 0, bytes));
  },
  fail(response, thrown, binary) {
    if (response.headersSent || response.destroyed) return;
    const error = orInternal(thrown);
    const { rawMessage, details } = concise(error);
    const told = new ConnectError(rawMessage, error.code, error.metadata);
    told.details = details;
    response.writeHead(200, contentTypeOf(binary));
    response.addTrailers(Object.fromEntries(grpc.setTrailerStatus(new Headers(), told)));
    response.end();
  },
};

export const WIRES: readonly Wire[] = [connectWire, grpcWire];
