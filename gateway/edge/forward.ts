import type { DescMethodStreaming, DescMethodUnary } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { validate } from '@kreki/runtime/rpc/interceptors/validation';
import type { OpenStream, StreamReader } from '@kreki/runtime/rpc/open-stream';
import type { EdgeMethod, Message } from '../registry.ts';
import type { Upstream } from '../upstream/upstreams.ts';
import { unreadable } from './errors.ts';
import type { PassingStreams } from './passing-streams.ts';

/** What may cut a call short. */
export interface CallOptions {
  readonly signal: AbortSignal;
  /** What is left of the caller's own deadline. */
  readonly timeoutMs?: number | undefined;
}

/** A call that goes on to the service. */
export interface AdmittedCall {
  /** What is answered whatever the call says: that of somebody who may not make it. */
  readonly refusal?: ConnectError;
  /** For an RPC without streams: checks the message, and sends it to the service that answers it. */
  unary(message: Message, options: CallOptions): Promise<Message>;
  /** For one with streams: passes messages both ways, each no faster than it is taken. */
  stream(messages: AsyncIterable<Message>, options: CallOptions): AsyncGenerator<Message>;
  /** For one whose answer is a stream: checks the message, and hands on what the service sends as bytes. */
  open(message: Message, timeoutMs: number | undefined, reader: StreamReader): OpenStream;
}

/** What ends streams, which would not end by themselves. */
export interface Endings {
  readonly shutdown: AbortSignal;
  readonly passing: PassingStreams;
}

/** `refuse` makes the error to answer with from whatever was thrown. */
export function forward(
  target: EdgeMethod,
  upstream: Upstream,
  headers: Headers,
  refuse: (error: unknown) => ConnectError,
  { shutdown, passing }: Endings,
): AdmittedCall {
  const { method } = target;
  return {
    async unary(message, { signal, timeoutMs }) {
      try {
        validate(method.input, message);
        const answer = await upstream.transport.unary(method as DescMethodUnary, signal, timeoutMs, headers, message);
        return answer.message;
      } catch (error) {
        throw refuse(error);
      }
    },

    open(message, timeoutMs, reader) {
      try {
        validate(method.input, message);
        return passing.pass(reader, refuse, (own) =>
          upstream.transport.openStream(method as DescMethodStreaming, timeoutMs, headers, message, own),
        );
      } catch (error) {
        throw refuse(error);
      }
    },

    async *stream(messages, { signal, timeoutMs }) {
      const input = checked(method as DescMethodStreaming, messages);
      const ended = AbortSignal.any([signal, input.broken, shutdown]);
      try {
        const answer = await upstream.transport.stream(
          method as DescMethodStreaming,
          ended,
          timeoutMs,
          headers,
          input.messages,
        );
        yield* answer.message;
      } catch (error) {
        throw refuse(ended.reason instanceof ConnectError ? ended.reason : error);
      }
    },
  };
}

/** Passes messages on as long as they keep to the contract; the first that does not ends the call with its error. */
function checked(method: DescMethodStreaming, messages: AsyncIterable<Message>) {
  const broken = new AbortController();
  async function* pass() {
    try {
      for await (const message of messages) {
        validate(method.input, message);
        yield message;
      }
    } catch (error) {
      broken.abort(unreadable(error));
    }
  }
  return { messages: pass(), broken: broken.signal };
}
