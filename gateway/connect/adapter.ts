import { createContextValues } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { Edge } from '../edge/edge.ts';
import { type Exchange, exchangeKey } from '../http/exchange.ts';
import type { Registry } from '../registry.ts';
import { addRoutes, admission } from './routes.ts';

export interface RpcOptions {
  readonly registry: Registry;
  readonly edge: Edge;
  readonly maxBodyBytes: number;
  /** Ends streams when the edge stops. */
  readonly shutdown: AbortSignal;
  /** Takes what is no RPC. */
  readonly otherwise: (exchange: Exchange) => void;
}

/** Answers RPCs over Connect, gRPC and gRPC-Web. */
export function createRpcHandler(options: RpcOptions): (exchange: Exchange) => void {
  const { registry, edge, maxBodyBytes, shutdown, otherwise } = options;
  const exchanges = new WeakMap<object, Exchange>();
  const adapter = connectNodeAdapter({
    routes: (router) => addRoutes(router, registry),
    requestGate: admission(edge, registry),
    contextValues: (request) => createContextValues().set(exchangeKey, exchanges.get(request)),
    fallback: (request) => {
      const exchange = exchanges.get(request);
      if (exchange) otherwise(exchange);
    },
    jsonOptions: { registry: registry.types },
    readMaxBytes: maxBodyBytes,
    shutdownSignal: shutdown,
  });
  return (exchange) => {
    exchanges.set(exchange.request, exchange);
    adapter(exchange.request, exchange.response);
  };
}
