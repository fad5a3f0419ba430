import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type UnaryRequest, type UnaryResponse } from '@connectrpc/connect';
import type * as grpc from '@grpc/grpc-js';
import { toError, toHeaders, toMetadata } from './metadata.ts';
import { pathOf } from './rules.ts';

/** Sends a message once, as soon as there is a connection, and waits for its answer. */
export const callUnary = (
  client: grpc.Client,
  { method, header }: UnaryRequest,
  message: Uint8Array,
  signal: AbortSignal | undefined,
  deadline: Date | undefined,
): Promise<UnaryResponse> =>
  new Promise<UnaryResponse>((resolve, reject) => {
    let responseHeader: grpc.Metadata | undefined;
    let response: MessageShape<DescMessage> | undefined;
    const call = client.makeUnaryRequest(
      pathOf(method),
      (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      (bytes: Buffer) => fromBinary<DescMessage>(method.output, bytes),
      message,
      toMetadata(header, { waitForReady: true }),
      deadline ? { deadline } : {},
      (_error, value) => {
        response = value;
      },
    );
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    call.on('metadata', (metadata) => {
      responseHeader = metadata;
    });
    call.on('status', (status) => {
      signal?.removeEventListener('abort', cancel);
      const error = toError(status);
      if (error) reject(error);
      else if (response) resolve(answer(method, response, responseHeader, status.metadata));
      else reject(new ConnectError('the answer has no message', Code.Internal));
    });
  });

/** Its headers are read by few, and made when they are. */
const answer = (
  method: DescMethodUnary,
  message: MessageShape<DescMessage>,
  header: grpc.Metadata | undefined,
  trailer: grpc.Metadata,
): UnaryResponse => ({
  stream: false,
  service: method.parent,
  method,
  message,
  get header() {
    return header ? toHeaders(header) : new Headers();
  },
  get trailer() {
    return toHeaders(trailer);
  },
});
