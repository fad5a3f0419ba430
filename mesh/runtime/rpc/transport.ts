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
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from '@connectrpc/connect';
import { runStreamingCall } from '@connectrpc/connect/protocol';
import * as grpc from '@grpc/grpc-js';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import type { Logger } from '../log.ts';
import { toError, toHeaders, toMetadata } from './metadata.ts';
import { type MethodRules, rulesOf } from './rules.ts';
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

  const unaryOnce = (
    { method, header }: UnaryRequest,
    message: Uint8Array,
    signal: AbortSignal | undefined,
    deadline: Date | undefined,
  ) =>
    new Promise<UnaryResponse>((resolve, reject) => {
      let responseHeader: grpc.Metadata | undefined;
      let response: Message | undefined;
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

  const sendUnary = compose(options.interceptors, async (request: Sending) => {
    const { method, message, rules, limitMs, hasty, cancelled } = request;
    const deadline = limitMs === undefined ? undefined : new Date(Date.now() + limitMs);
    const bytes = toBinary<DescMessage>(method.input, message);
    const send = () => {
      if (cancelled?.aborted) throw ConnectError.from(cancelled.reason, Code.Canceled);
      return unaryOnce(request, bytes, cancelled, deadline);
    };
    return upstream.unary({ method, rules, signal: request.signal, hasty }, send);
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

const NEVER = new AbortController().signal;

/** Puts the interceptors before what sends a call, the first outermost. */
const compose = (interceptors: readonly Interceptor[] = [], send: (request: Sending) => Promise<UnaryResponse>) =>
  interceptors.reduceRight<ReturnType<Interceptor>>(
    (next, interceptor) => interceptor(next),
    send as ReturnType<Interceptor>,
  );

/** Its headers are read by few, and made when they are. */
const answer = (
  method: DescMethodUnary,
  message: Message,
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
