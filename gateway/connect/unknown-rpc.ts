import { Code } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import { type Exchange, header, pathOf } from '../http/exchange.ts';
import { HttpFailure } from '../rest/failure.ts';

const RPC_PATH = /^\/(?:\w+\.)+\w+\/\w+$/;

/** What answers an RPC that no contract offers: UNIMPLEMENTED, in the words of the protocol that asked. Undefined for a path of another kind. */
export function unknownRpc({ request, response }: Exchange): HttpFailure | 'answered' | undefined {
  const path = pathOf(request);
  if (!RPC_PATH.test(path)) return undefined;
  const message = `no RPC is at ${path}`;
  const contentType = header(request, 'content-type') ?? '';
  if (!contentType.startsWith('application/grpc')) {
    return new HttpFailure(404, fail(Code.Unimplemented, 'NO_SUCH_RPC', message));
  }
  // Not by writeHead: headers that are sent with the end of the stream are what gRPC takes for trailers.
  response.statusCode = 200;
  response.setHeader('content-type', contentType);
  response.setHeader('grpc-status', String(Code.Unimplemented));
  response.setHeader('grpc-message', encodeURIComponent(message));
  response.end();
  return 'answered';
}
