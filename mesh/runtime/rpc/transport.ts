import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  isMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from '@connectrpc/connect';
import { runStreamingCall } from '@connectrpc/connect/protocol';
import * as grpc from '@grpc/grpc-js';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import type { Logger } from '../log.ts';
import { type Calling, compose } from './compose.ts';
import { toMetadata } from './metadata.ts';
import { type OpenStream, ReceivedStream, type StreamReader } from './open-stream.ts';
import { type MethodRules, pathOf, rulesOf } from './rules.ts';
import { streamMessages } from './stream.ts';
import { callUnary } from './unary-call.ts';
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
  /** Calls an RPC that a service answers with a stream, for a reader who takes messages as bytes. What keeps it from being called is its end. */
  openStream(
    method: DescMethodStreaming,
    timeoutMs: number | undefined,
    header: Headers,
    input: Message,
    reader: StreamReader,
  ): OpenStream;
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

  const sendUnary = compose(options.interceptors, (async (request: Sending) => {
    const { method, message, rules, limitMs, hasty, cancelled } = request;
    const deadline = limitMs === undefined ? undefined : new Date(Date.now() + limitMs);
    const bytes = toBinary<DescMessage>(method.input, message);
    const send = () => {
      if (cancelled?.aborted) throw ConnectError.from(cancelled.reason, Code.Canceled);
      return callUnary(client, request, bytes, cancelled, deadline);
    };
    return upstream.unary({ method, rules, signal: request.signal, hasty }, send);
  }) as Calling);

  const sendOpening = compose(options.interceptors, (async (request: Opening): Promise<StreamResponse> => {
    const { method, service, header, message, rules, limitMs, bytes, received } = request;
    upstream.admitStream({ rules });
    const deadline = limitMs === undefined ? Number.POSITIVE_INFINITY : new Date(Date.now() + limitMs);
    const call = () => client.getChannel().createCall(pathOf(method), deadline, undefined, null, undefined);
    received.start(call, toMetadata(header), bytes);
    return { stream: true, service, method, header: new Headers(), trailer: new Headers(), message };
  }) as Calling);

  return {
    url: options.url,
    get breaker() {
      return upstream.breaker;
    },
    close() {
      upstream.stop();
      client.close();
    },

    async unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: ConstructorParameters<typeof Headers>[0],
      input: MessageInitShape<I>,
      contextValues?: ContextValues,
    ) {
      const rules = rulesIfAny(method);
      const message = isMessage(input, method.input) ? input : create(method.input, input);
      const sending: Sending = {
        ...request(method, options.url, header, contextValues, false as const, message),
        signal: signal ?? NEVER,
        cancelled: signal,
        rules,
        limitMs: shorter(timeoutMs, rules?.deadlineMs),
        hasty: timeoutMs !== undefined && timeoutMs < (rules?.deadlineMs ?? Number.POSITIVE_INFINITY),
      };
      try {
        return (await sendUnary(sending)) as UnaryResponse<I, O>;
      } catch (error) {
        throw signal?.aborted ? ConnectError.from(signal.reason, Code.Canceled) : ConnectError.from(error);
      }
    },

    openStream(method, timeoutMs, header, input, reader) {
      const rules = rulesIfAny(method);
      const received = new ReceivedStream(reader);
      const opening: Opening = {
        ...request(method, options.url, header, undefined, true as const, NOTHING),
        signal: NEVER,
        rules,
        limitMs: shorter(timeoutMs, rules?.deadlineMs),
        bytes: toBinary<DescMessage>(method.input, input),
        received,
      };
      sendOpening(opening).catch((error: unknown) => received.end(ConnectError.from(error)));
      return received;
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

type Message = MessageShape<DescMessage>;

/** A unary call on its way through the interceptors. */
interface Sending extends UnaryRequest {
  readonly rules: MethodRules | undefined;
  /** The contract's deadline or the caller's, whichever is shorter. */
  readonly limitMs: number | undefined;
  readonly hasty: boolean;
  /** By whom it may be cut short; its `signal` is never undefined. */
  readonly cancelled: AbortSignal | undefined;
}

/** A stream on its way through the interceptors: its messages pass them by. */
interface Opening extends StreamRequest {
  readonly rules: MethodRules | undefined;
  readonly limitMs: number | undefined;
  readonly bytes: Uint8Array;
  readonly received: ReceivedStream;
}

async function* nothing(): AsyncGenerator<never> {}
const NOTHING = nothing();

const NEVER = new AbortController().signal;

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
