import type { DescMethodStreaming, DescMethodUnary } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import type { EdgeMethod } from '../registry.ts';
import type { Upstream } from '../upstream/upstreams.ts';
import type { AdmittedCall } from './forward.ts';

/**
 * A call that the edge refuses, of an RPC whose refusals go on record: the service is called all the same, which refuses it by the same
 * rules and writes its record. Whatever it answers, or whether it does, the refusal stands.
 */
export function refused(
  { method }: EdgeMethod,
  { transport }: Upstream,
  headers: Headers,
  refusal: ConnectError,
): AdmittedCall {
  return {
    refusal,

    async unary(message, { signal, timeoutMs }) {
      await transport.unary(method as DescMethodUnary, signal, timeoutMs, headers, message).catch(() => undefined);
      throw refusal;
    },

    open(message, timeoutMs, reader) {
      const told = () => {
        service.cancel();
        reader.end(refusal);
      };
      const service = transport.openStream(method as DescMethodStreaming, timeoutMs, headers, message, {
        message: told,
        end: told,
      });
      return service;
    },

    async *stream(messages, { signal, timeoutMs }) {
      const told = transport
        .stream(method as DescMethodStreaming, signal, timeoutMs, headers, messages)
        .then((answer) => answer.message[Symbol.asyncIterator]().next());
      await told.catch(() => undefined);
      throw refusal;
    },
  };
}
