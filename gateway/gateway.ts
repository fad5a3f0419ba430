import { Code } from '@connectrpc/connect';
import { EDGE } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { fetchKeysFrom } from '@kreki/runtime/identity/keys';
import { openMeshIdentity } from '@kreki/runtime/identity/mesh-identity';
import { createTokenVerifier } from '@kreki/runtime/identity/verifier';
import { createLogger } from '@kreki/runtime/log';
import type { Running } from '@kreki/runtime/process';
import { startTelemetry } from '@kreki/runtime/telemetry';
import type { Config } from './config.ts';
import { createRpcHandler } from './connect/adapter.ts';
import { healthService } from './connect/health.ts';
import { createEdge } from './edge/edge.ts';
import { createIdentity } from './edge/identity.ts';
import { createLimits } from './edge/limits.ts';
import { createRevocations } from './edge/revocations.ts';
import { openRoom } from './edge/room.ts';
import { openSharedState } from './edge/shared-state.ts';
import { clientAddressBehind } from './http/client-address.ts';
import { createCors } from './http/cors.ts';
import { createFrontDoor } from './http/front-door.ts';
import { healthPages } from './http/health.ts';
import { listen } from './http/listeners.ts';
import { documentationPages } from './openapi/pages.ts';
import { loadRegistry } from './registry.ts';
import { sendError } from './rest/answer.ts';
import { createRestHandler } from './rest/handler.ts';
import { watchReadiness } from './upstream/readiness.ts';
import { closeUpstreams, openUpstreams } from './upstream/upstreams.ts';

export interface RunningGateway extends Running {
  /** Base URL for Connect, gRPC-Web and REST over HTTP/1.1. */
  readonly url: string;
  /** Base URL for gRPC, Connect and REST over HTTP/2. */
  readonly h2cUrl: string;
}

export async function startGateway(config: Config): Promise<RunningGateway> {
  startTelemetry('gateway');
  const log = createLogger('gateway', config.logLevel);
  const meshIdentity = openMeshIdentity(EDGE, config.mesh, log);
  const registry = await loadRegistry();
  const shared = await openSharedState(config.redisUrl, log);
  const upstreams = openUpstreams(config.upstreams, meshIdentity, config.breaker, log);
  const readiness = watchReadiness(upstreams, log);
  const room = openRoom(config.shedDelayMs);
  const stopping = new AbortController();
  const shutdown = new AbortController();

  const edge = createEdge({
    upstreams,
    identity: createIdentity(
      createTokenVerifier({ fetchKeys: fetchKeysFrom(upstreams.auth.transport) }),
      createRevocations(shared),
    ),
    limits: createLimits(shared, { ip: config.limitPerIp, user: config.limitPerUser }, registry.methods),
    room,
    types: registry.types,
    log,
    shutdown: shutdown.signal,
  });
  const body = { maxBytes: config.maxBodyBytes, timeoutMs: config.bodyTimeoutMs };
  const answerRest = createRestHandler({ registry, edge, body });
  const answerRpc = createRpcHandler({
    registry,
    edge,
    health: healthService(registry, readiness, stopping.signal),
    body,
    otherwise: (exchange) => void answerRest(exchange),
    log,
  });
  const frontDoor = createFrontDoor({
    clientAddress: clientAddressBehind(config.trustedProxies),
    cors: createCors(config.corsOrigins),
    encrypted: Boolean(config.tlsCertFile),
    stopping: stopping.signal,
    pages: new Map([...healthPages(upstreams, readiness, stopping.signal), ...documentationPages(registry)]),
    handle: answerRpc,
    refuse: ({ response }, error) => sendError(response, error, registry.types),
    log,
  });

  const end = async () => {
    await readiness.stop();
    room.stop();
    closeUpstreams(upstreams);
    meshIdentity.stop();
    shared.stop();
  };
  readiness.start();
  const listeners = await listen(config, frontDoor).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  log.info({ url: listeners.url, h2cUrl: listeners.h2cUrl }, 'serving');

  return {
    url: listeners.url,
    h2cUrl: listeners.h2cUrl,
    async stop({ handOver } = {}) {
      stopping.abort();
      const stopped = listeners.stop(handOver ? config.leaveMs : 0, config.drainMs);
      shutdown.abort(fail(Code.Unavailable, 'EDGE_STOPPING', 'the edge is going away; call again'));
      await stopped;
      await end();
    },
  };
}
