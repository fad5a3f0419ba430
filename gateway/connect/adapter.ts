import { createConnectRouter, createContextValues, type ServiceImpl } from '@connectrpc/connect';
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import { Health } from '@kreki/gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '@kreki/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '@kreki/gen/grpc/reflection/v1alpha/reflection_pb.js';
import type { Logger } from '@kreki/runtime/log';
import { reflectionService } from '@kreki/runtime/rpc/reflection';
import type { Edge } from '../edge/edge.ts';
import { type Exchange, exchangeKey, pathOf } from '../http/exchange.ts';
import { inTime } from '../http/in-time.ts';
import type { BodyLimits } from '../http/read-body.ts';
import type { Registry } from '../registry.ts';
import { sendError } from '../rest/answer.ts';
import { forgetEndlessDeadlines } from './patience.ts';
import { addRoutes, admission } from './routes.ts';
import { createServerStreamHandler } from './server-stream.ts';
import { createUnaryHandler } from './unary.ts';

const COMPRESSIONS = [compressionGzip, compressionBrotli];

export interface RpcOptions {
  readonly registry: Registry;
  readonly edge: Edge;
  readonly health: ServiceImpl<typeof Health>;
  readonly body: BodyLimits;
  /** Takes what is no RPC. */
  readonly otherwise: (exchange: Exchange) => void;
  readonly log: Logger;
}

/** Answers RPCs over Connect, gRPC and gRPC-Web. Throws when a request is not HTTP as it should be. */
export function createRpcHandler(options: RpcOptions): (exchange: Exchange) => void {
  const { registry, edge, health, body, otherwise, log } = options;
  const router = createConnectRouter({
    requestGate: admission(edge, registry),
    jsonOptions: { registry: registry.types },
    acceptCompression: COMPRESSIONS,
    readMaxBytes: body.maxBytes,
  });
  addRoutes(router, registry);
  const described = [...registry.services, Health, ServerReflection];
  router.service(Health, health);
  router.service(ServerReflection, reflectionService(described));
  router.service(ServerReflectionAlpha, reflectionService(described));
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  const plain = { registry, edge, body, compressions: COMPRESSIONS };
  const answerUnary = createUnaryHandler(plain);
  const answerStream = createServerStreamHandler(plain);

  return (exchange) => {
    if (answerUnary(exchange) || answerStream(exchange)) return;
    const { request, response } = exchange;
    const handler = handlers.get(pathOf(request));
    if (!handler) return otherwise(exchange);
    const values = createContextValues().set(exchangeKey, exchange);
    const asked = universalRequestFromNodeRequest(request, response, undefined, values);
    forgetEndlessDeadlines(asked.header);
    const { methodKind } = handler.method;
    const streamed = methodKind === 'client_streaming' || methodKind === 'bidi_streaming';
    // A handler that has read enough must not destroy the request: its answer is still to be sent over the connection.
    const chunks = request.iterator({ destroyOnReturn: false });
    handler({ ...asked, body: streamed ? chunks : inTime(exchange, chunks, body.timeoutMs) })
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch((error: unknown) => {
        log.debug({ err: error, rpc: handler.requestPath }, 'answer was not taken');
        // Nobody is left waiting who could still be told.
        sendError(response, error, registry.types);
      });
  };
}
