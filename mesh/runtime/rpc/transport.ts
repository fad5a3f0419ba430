import {
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Code, ConnectError, createContextValues, type Interceptor, type Transport } from '@connectrpc/connect';
import { runStreamingCall, runUnaryCall } from '@connectrpc/connect/protocol';
import * as grpc from '@grpc/grpc-js';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import type { Logger } from '../log.ts';
import { toError, toHeaders, toMetadata } from './metadata.ts';
import { rulesOf } from './rules.ts';
import { streamMessages } from './stream.ts';
import type { BreakerSettings, BreakerState } from './upstream/breaker.ts';
import { openUpstream } from './upstream/upstream.ts';

export interface GrpcTransportOptions {
  /** `https://host:port`, or `http://` beside a proxy that encrypts; which of them it is, the identity decides. */
  readonly url: string;
  /** Who calls. */
  readonly identity: MeshIdentity;
  /** Who must answer. */
  readonly service: string;
  readonly interceptors?: Interceptor[];
  readonly breaker?: BreakerSettings;
  readonly log?: Logger;
}

/** A Connect transport over grpc-js. */
export interface GrpcTransport extends Transport {
  readonly url: string;
  readonly breaker: BreakerState;
  /** Ends its connections; calls under way end with CANCELED. */
  close(): void;
}

const CHANNEL: grpc.ChannelOptions = {
  'grpc.enable_channelz': 0,
  // A connection whose other end vanished without a word is noticed within 7 seconds: before the next call needs it, or
  // soon after a press has met it.
  'grpc.keepalive_time_ms': 4_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // gRPC's own retries are of calls that no server began, such as those that met its end on their way. No policy makes it send others again:
  // that is decided here alone.
  'grpc.enable_retries': 1,
  'grpc.service_config_disable_resolution': 1,
  // Kept for them of each call; a stream that has sent more is not sent again.
  'grpc.per_rpc_retry_buffer_size': 64 * 1024,
};

/**
 * Calls services over gRPC. The deadline is the contract's or the caller's, whichever is shorter. A unary call waits within its deadline
 * for a connection, so that a service that restarts costs time and not an error; one that its contract calls idempotent is sent once
 * more after UNAVAILABLE, as far as the budget of retries goes and unless a proxy does that. A service that does not answer is left alone
 * for a while.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  const { host } = new URL(options.url);
  const { service, breaker, log, identity } = options;
  const upstream = openUpstream(service, {
    retries: identity.retries,
    ...(breaker && { breaker }),
    ...(log && { log }),
  });
  const channel = identity.channelTo(service);
  const client = new grpc.Client(host, channel.credentials, { ...CHANNEL, ...channel.options });

  const unaryOnce = <O extends DescMessage>(
    method: DescMethod & { readonly output: O },
    message: Uint8Array,
    header: Headers,
    signal: AbortSignal,
    deadline: Date | undefined,
  ) =>
    new Promise<{ message: MessageShape<O>; header: Headers; trailer: Headers }>((resolve, reject) => {
      let responseHeader = new Headers();
      let response: MessageShape<O> | undefined;
      const call = client.makeUnaryRequest(
        pathOf(method),
        (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        message,
        toMetadata(header, { waitForReady: true }),
        deadline ? { deadline } : {},
        (_error, value) => {
          response = value;
        },
      );
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      call.on('metadata', (metadata) => {
        responseHeader = toHeaders(metadata);
      });
      call.on('status', (status) => {
        signal.removeEventListener('abort', cancel);
        const error = toError(status);
        if (error) reject(error);
        else if (response) resolve({ message: response, header: responseHeader, trailer: toHeaders(status.metadata) });
        else reject(new ConnectError('the answer has no message', Code.Internal));
      });
    });

  return {
    url: options.url,
    get breaker() {
      return upstream.breaker;
    },
    close() {
      upstream.stop();
      client.close();
    },

    async unary(method, signal, timeoutMs, header, input, contextValues) {
      const rules = rulesIfAny(method);
      const limitMs = shorter(timeoutMs, rules?.deadlineMs);
      const hasty = timeoutMs !== undefined && timeoutMs < (rules?.deadlineMs ?? Number.POSITIVE_INFINITY);
      return await runUnaryCall({
        req: request(method, options.url, header, contextValues, false, input),
        ...(limitMs === undefined ? {} : { timeoutMs: limitMs }),
        ...(signal && { signal }),
        ...(options.interceptors && { interceptors: options.interceptors }),
        next: async (req) => {
          const deadline = limitMs === undefined ? undefined : new Date(Date.now() + limitMs);
          const bytes = toBinary<DescMessage>(method.input, req.message);
          const send = () => unaryOnce(method, bytes, req.header, req.signal, deadline);
          const answer = await upstream.unary({ method, rules, signal: req.signal, hasty }, send);
          return { stream: false, service: method.parent, method: req.method, ...answer };
        },
      });
    },

    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const rules = rulesIfAny(method);
      const limitMs = shorter(timeoutMs, rules?.deadlineMs);
      return await runStreamingCall({
        req: request(method, options.url, header, contextValues, true, input),
        ...(limitMs === undefined ? {} : { timeoutMs: limitMs }),
        ...(signal && { signal }),
        ...(options.interceptors && { interceptors: options.interceptors }),
        next: async (req) => {
          upstream.admitStream({ rules });
          const call = client.makeBidiStreamRequest(
            pathOf(method),
            (value: MessageShape<DescMessage>) => Buffer.from(toBinary<DescMessage>(method.input, value)),
            (bytes: Buffer) => fromBinary(method.output, bytes),
            toMetadata(req.header),
            limitMs === undefined ? {} : { deadline: new Date(Date.now() + limitMs) },
          );
          const trailer = new Headers();
          const message = streamMessages(call, req.message, req.signal, trailer);
          return { stream: true, service: method.parent, method: req.method, header: new Headers(), trailer, message };
        },
      });
    },
  };
}

const pathOf = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;

/** Third-party services, such as gRPC's health service, state no rules. */
function rulesIfAny(method: DescMethod) {
  return method.parent.typeName.startsWith('kreki.') ? rulesOf(method) : undefined;
}

const shorter = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);

function request<M extends DescMethodUnary | DescMethodStreaming, Stream extends boolean, Input>(
  method: M,
  url: string,
  header: ConstructorParameters<typeof Headers>[0],
  contextValues: ReturnType<typeof createContextValues> | undefined,
  stream: Stream,
  message: Input,
) {
  return {
    stream,
    service: method.parent,
    method,
    requestMethod: 'POST',
    url: `${url}${pathOf(method)}`,
    header: new Headers(header),
    contextValues: contextValues ?? createContextValues(),
    message,
  };
}
