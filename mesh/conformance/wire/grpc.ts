import { toBinary } from '@bufbuild/protobuf';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { trailerFlag, trailerParse } from '@connectrpc/connect/protocol-grpc-web';
import { pathOf } from '@kreki/runtime/rpc/rules';
import { GARBAGE } from './connect.ts';
import { enveloped, envelopesIn } from './envelope.ts';
import type { HttpAnswer, HttpRequest } from './http.ts';
import { foreign, OK, type Outcome, outcomeOf } from './outcome.ts';
import type { Protocol } from './protocol.ts';

const garbled = (request: HttpRequest): HttpRequest => ({ ...request, body: enveloped(GARBAGE) });

function outcome(answer: HttpAnswer, trailers: Headers | undefined): Outcome {
  if (answer.status !== 200) return foreign(answer);
  // An answer without messages may say its status among the headers.
  const last = trailers?.has('grpc-status') ? trailers : answer.headers;
  return outcomeOf(findTrailerError(last));
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export const grpc: Protocol = {
  name: 'gRPC',
  carries: () => true,
  request: (method, message) => ({
    version: 2,
    method: 'POST',
    path: pathOf(method),
    headers: { 'content-type': 'application/grpc+proto', te: 'trailers' },
    body: enveloped(toBinary(method.input, message)),
  }),
  garbled,
  outcome: (_method, answer) =>
    // The status of a stream that was left is not known; it had begun.
    isLeft(answer) ? OK : outcome(answer, answer.trailers),
  begun: (_method, received) => envelopesIn(received).some(() => true),
};

const isLeft = ({ trailers, headers, status }: HttpAnswer): boolean =>
  status === 200 && !trailers.has('grpc-status') && !headers.has('grpc-status');

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md */
export const grpcWeb: Protocol = {
  name: 'gRPC-Web',
  carries: () => true,
  request: (method, message) => ({
    version: 1,
    method: 'POST',
    path: pathOf(method),
    headers: { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' },
    body: enveloped(toBinary(method.input, message)),
  }),
  garbled,
  outcome(_method, answer) {
    const trailer = envelopesIn(answer.body).find(({ flags }) => flags & trailerFlag);
    if (!trailer && answer.status === 200 && !answer.headers.has('grpc-status')) return OK;
    return outcome(answer, trailer && trailerParse(trailer.data));
  },
  begun: (_method, received) => envelopesIn(received).some(() => true),
};
