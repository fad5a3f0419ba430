import type { DescMethodStreaming, DescMethodUnary } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { validate } from '@kreki/runtime/rpc/interceptors/validation';
import type { EdgeMethod, Message } from '../registry.ts';
import type { Upstream } from '../upstream/upstreams.ts';
import { unreadable } from './errors.ts';

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
}

/** `refuse` makes the error to answer with from whatever was thrown; `shutdown` ends streams, which would not end by themselves. */
export function forward(
  target: EdgeMethod,
  upstream: Upstream,
  headers: Headers,
  refuse: (error: unknown) => ConnectError,
  shutdown: AbortSignal,
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
