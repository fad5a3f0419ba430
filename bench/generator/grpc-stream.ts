import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { encodeEnvelope } from '@connectrpc/connect/protocol';

/** A byte that says whether it is compressed, and four of its length, before each message of gRPC. */
export const PREFIX_BYTES = 5;

/** A message as gRPC sends it. */
export const frameOf = (message: Uint8Array<ArrayBuffer>): Uint8Array => encodeEnvelope(0, message);

/** A call of gRPC with as little of the generator's own as can be. */
export interface GrpcStream {
  readonly stream: ClientHttp2Stream;
  /** How the call ended; empty while nothing was said of it. */
  status(): string;
}

export function openGrpcStream(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>>,
): GrpcStream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    ...headers,
  });
  let status = '';
  const note = (said: Record<string, unknown>) => {
    if (said['grpc-status']) status = `grpc-status ${said['grpc-status']} ${said['grpc-message'] ?? ''}`;
  };
  stream.on('response', note);
  stream.on('trailers', note);
  return { stream, status: () => status };
}
