import { createGrpcTransport as createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { nameIn } from '../../../mesh/runtime/identity/spiffe.ts';
import { rulesOf } from '../../../mesh/runtime/rpc/rules.ts';
import type * as runtime from '../../../mesh/runtime/rpc/transport.ts';
import { openUpstream } from '../../../mesh/runtime/rpc/upstream/upstream.ts';
import { secureContext } from './certificates.ts';

/** As the runtime keeps its connections. */
const KEEP_ALIVE = { pingIntervalMs: 4_000, pingTimeoutMs: 3_000, pingIdleConnection: true };

/** In place of the runtime's: connect-node's, with the same mutual TLS, the contract's deadlines, the same breaker and the same second attempt; without the streams of bytes that only this mesh's own edge passes on. */
export const createGrpcTransport = (
  options: runtime.GrpcTransportOptions,
): Omit<runtime.GrpcTransport, 'openStream'> => {
  const { url, service, identity, interceptors = [], breaker, log } = options;
  const upstream = openUpstream(service, {
    retries: identity.retries,
    ...(breaker && { breaker }),
    ...(log && { log }),
  });
  const sessionManager = new Http2SessionManager(url, KEEP_ALIVE, {
    ...secureContext(identity.name),
    servername: service,
    checkServerIdentity: (_host, { subjectaltname }) =>
      nameIn(subjectaltname) === service ? undefined : new Error(`somebody else answers in place of ${service}`),
  });
  const transport = createConnectTransport({ baseUrl: url, sessionManager, interceptors, acceptCompression: [] });
  return {
    url,
    get breaker() {
      return upstream.breaker;
    },
    close() {
      upstream.stop();
      sessionManager.abort();
    },
    async unary(method, signal = new AbortController().signal, timeoutMs, header, input, contextValues) {
      const rules = rulesOf(method);
      const limitMs = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, rules.deadlineMs ?? Number.POSITIVE_INFINITY);
      const deadlineMs = Number.isFinite(limitMs) ? limitMs : undefined;
      const hasty = timeoutMs !== undefined && timeoutMs < (rules.deadlineMs ?? Number.POSITIVE_INFINITY);
      const send = () => transport.unary(method, signal, deadlineMs, header, input, contextValues);
      return upstream.unary({ method, rules, signal, hasty }, send);
    },
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      upstream.admitStream({ rules: rulesOf(method) });
      return transport.stream(method, signal, timeoutMs, header, input, contextValues);
    },
  };
};
