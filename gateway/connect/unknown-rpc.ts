import { Code } from '@connectrpc/connect';
import { setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { fail } from '@kreki/runtime/errors';
import { type Exchange, header, pathOf } from '../http/exchange.ts';
import { HttpFailure } from '../rest/failure.ts';

const RPC_PATH = /^\/(?:\w+\.)+\w+\/\w+$/;

/** What answers an RPC that no contract offers: UNIMPLEMENTED, in the words of the protocol that asked. Undefined for a path of another kind. */
export function unknownRpc({ request, response }: Exchange): HttpFailure | 'answered' | undefined {
  const path = pathOf(request);
  if (!RPC_PATH.test(path)) return undefined;
  const error = fail(Code.Unimplemented, 'NO_SUCH_RPC', `no RPC is at ${path}`);
  const contentType = header(request, 'content-type') ?? '';
  if (!contentType.startsWith('application/grpc')) return new HttpFailure(404, error);
  // Not by writeHead: headers that are sent with the end of the stream are what gRPC takes for trailers.
  response.statusCode = 200;
  response.setHeader('content-type', contentType);
  for (const [name, value] of setTrailerStatus(new Headers(), error)) response.setHeader(name, value);
  response.end();
  return 'answered';
}
