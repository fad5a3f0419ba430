import type { Registry as TypeRegistry } from '@bufbuild/protobuf';
import { compressedFlag, encodeEnvelope } from '@connectrpc/connect/protocol';
import { contentTypeUnaryJson, contentTypeUnaryProto } from '@connectrpc/connect/protocol-connect';
import type { HttpResponse } from '../http/exchange.ts';
import { sendBody, sendError } from '../rest/answer.ts';
import { connectUnary, grpcOverHttp2, grpcTrailers, grpcTypeOf, type Wire } from './wires.ts';

/** How a protocol carries a call with one answer. */
export interface UnaryWire extends Wire {
  send(response: HttpResponse, bytes: Uint8Array, binary: boolean, compression: string | undefined): void;
  fail(response: HttpResponse, error: unknown, binary: boolean, types: TypeRegistry): void;
}

const overConnect: UnaryWire = {
  ...connectUnary,
  send(response, bytes, binary, compression) {
    if (compression && !response.headersSent) response.setHeader('content-encoding', compression);
    sendBody(response, 200, binary ? contentTypeUnaryProto : contentTypeUnaryJson, bytes);
  },
  fail: (response, thrown, _binary, types) => sendError(response, thrown, types),
};

const overGrpc: UnaryWire = {
  ...grpcOverHttp2,
  send(response, bytes, binary, compression) {
    if (response.headersSent || response.destroyed) return;
    const type = { 'content-type': grpcTypeOf(binary) };
    response.writeHead(200, compression ? { ...type, 'grpc-encoding': compression } : type);
    response.addTrailers(grpcTrailers());
    response.end(encodeEnvelope(compression ? compressedFlag : 0, bytes));
  },
  fail(response, error, binary) {
    if (response.headersSent || response.destroyed) return;
    response.writeHead(200, { 'content-type': grpcTypeOf(binary) });
    response.addTrailers(grpcTrailers(error));
    response.end();
  },
};

export const UNARY_WIRES: readonly UnaryWire[] = [overConnect, overGrpc];
