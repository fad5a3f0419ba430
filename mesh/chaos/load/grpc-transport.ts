import { type DescMessage, type DescMethod, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createContextValues, type Transport } from '@connectrpc/connect';
import { runStreamingCall, runUnaryCall } from '@connectrpc/connect/protocol';
import * as grpc from '@grpc/grpc-js';
import { toError, toMetadata } from '@kreki/runtime/rpc/metadata';
import { pathOf } from '@kreki/runtime/rpc/rules';
import { streamMessages } from '@kreki/runtime/rpc/stream';

/** As an app has it: it notices soon that its connection is dead, and decides by itself what is sent again. */
const CHANNEL: grpc.ChannelOptions = {
  'grpc.enable_retries': 0,
  'grpc.keepalive_time_ms': 2_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

/** Calls RPCs over gRPC, on one cleartext HTTP/2 connection to the edge. */
export function createGrpcTransport({ baseUrl }: { baseUrl: string }): Transport {
  const client = new grpc.Client(new URL(baseUrl).host, grpc.credentials.createInsecure(), CHANNEL);
  const request = (method: DescMethod, header: ConstructorParameters<typeof Headers>[0]) => ({
    service: method.parent,
    requestMethod: 'POST',
    url: `${baseUrl}${pathOf(method)}`,
    header: new Headers(header),
    contextValues: createContextValues(),
  });
  return {
    async unary(method, signal, timeoutMs, header, input) {
      return await runUnaryCall({
        req: { ...request(method, header), stream: false as const, method, message: input },
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(signal && { signal }),
        next: async (req) => {
          const answer = await new Promise<MessageShape<DescMessage>>((resolve, reject) => {
            const call = client.makeUnaryRequest(
              pathOf(method),
              serialise(method.input),
              (bytes: Buffer) => fromBinary<DescMessage>(method.output, bytes),
              req.message as MessageShape<DescMessage>,
              toMetadata(req.header),
              timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
              (_, value) => {
                received = value;
              },
            );
            let received: MessageShape<DescMessage> | undefined;
            req.signal.addEventListener('abort', () => call.cancel(), { once: true });
            call.on('status', (status) => {
              if (received) resolve(received);
              else reject(toError(status) ?? new ConnectError('the answer has no message', Code.Internal));
            });
          });
          const message = answer as MessageShape<typeof method.output>;
          return {
            stream: false,
            service: method.parent,
            method,
            header: new Headers(),
            trailer: new Headers(),
            message,
          };
        },
      });
    },

    async stream(method, signal, _timeoutMs, header, input) {
      return await runStreamingCall({
        req: { ...request(method, header), stream: true as const, method, message: input },
        ...(signal && { signal }),
        next: async (req) => {
          const call = client.makeBidiStreamRequest(
            pathOf(method),
            serialise(method.input),
            (bytes: Buffer) => fromBinary(method.output, bytes),
            toMetadata(req.header),
          );
          const trailer = new Headers();
          const message = streamMessages(call, req.message, req.signal, trailer);
          return { stream: true, service: method.parent, method, header: new Headers(), trailer, message };
        },
      });
    },
  };
}

const serialise = (schema: DescMessage) => (message: MessageShape<DescMessage>) =>
  Buffer.from(toBinary(schema, message));
