/** GetJwks answered as the libraries alone do it: over bare grpc-js, and over bare connect-node on HTTP/1.1. Its parent is told where. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import * as grpc from '@grpc/grpc-js';
import {
  AuthService,
  type GetJwksRequest,
  GetJwksRequestSchema,
  type GetJwksResponse,
  GetJwksResponseSchema,
} from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { pathOf } from '@kreki/runtime/rpc/rules';

/** As large as what KREKI ID answers. */
const ANSWER: MessageInitShape<typeof GetJwksResponseSchema> = {
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      kid: '0192f3a4-7c1e-7000-8000-000000000000',
      alg: 'ES256',
      use: 'sig',
    },
  ],
};

const [kind] = process.argv.slice(2);
process.send?.({ url: `http://127.0.0.1:${await (kind === 'grpc' ? serveGrpc() : serveConnect())}` });
process.on('disconnect', () => process.exit());

function serveGrpc(): Promise<number> {
  const { getJwks } = AuthService.method;
  const server = new grpc.Server({ 'grpc.enable_channelz': 0 });
  server.addService(
    {
      getJwks: {
        path: pathOf(getJwks),
        requestStream: false,
        responseStream: false,
        requestSerialize: (message: GetJwksRequest) => Buffer.from(toBinary(GetJwksRequestSchema, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(GetJwksRequestSchema, bytes),
        responseSerialize: (message: GetJwksResponse) => Buffer.from(toBinary(GetJwksResponseSchema, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(GetJwksResponseSchema, bytes),
      },
    },
    {
      getJwks: (_: unknown, answer: grpc.sendUnaryData<GetJwksResponse>) => answer(null, create(GetJwksResponseSchema)),
    },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

function serveConnect(): Promise<number> {
  const server = createServer(
    connectNodeAdapter({ routes: (router) => router.rpc(AuthService.method.getJwks, () => ANSWER) }),
  );
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
