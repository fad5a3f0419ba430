import type { Interceptor } from '@connectrpc/connect';
import { Code, ConnectError } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { ServerReflection } from '@kreki/gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '@kreki/gen/grpc/reflection/v1alpha/reflection_pb.js';
import { HealthImplementation } from 'grpc-health-check';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import type { ListenAddress } from '../listening.ts';
import { type Implementation, implement } from './handlers.ts';
import { reflectionService } from './reflection.ts';
import { Shutdown } from './shutdown.ts';

export interface RpcServerOptions extends ListenAddress {
  readonly implementations: readonly Implementation[];
  /** The first is outermost. */
  readonly interceptors: Interceptor[];
  /** Who answers. */
  readonly identity: MeshIdentity;
  /** How long calls under way may go on after `stop()`. */
  readonly drainMs?: number;
}

export interface RpcServer {
  /** Base URL, as callers of the mesh reach it. */
  readonly url: string;
  /** What the health service answers, for the whole process and for each service. */
  setServing(serving: boolean): void;
  /** Says NOT_SERVING, lets calls under way end, ends streams with UNAVAILABLE so that their callers go elsewhere. */
  stop(): Promise<void>;
}

const OPTIONS: grpc.ServerOptions = {
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  'grpc.max_concurrent_streams': 10_000,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // Connections are renewed, so that callers find new replicas.
  'grpc.max_connection_age_ms': 600_000,
  'grpc.max_connection_age_grace_ms': 3_600_000,
};

/** How long streams go on after a stop was asked for: their callers have somewhere else to go by then. */
const STREAMS_GO_ON_MS = 250;

/** What the health service is asked about the process by itself: it runs, whatever it waits for. */
const LIVENESS = 'liveness';

/** A gRPC server with health (grpc.health.v1) and reflection for everything it serves, both open to the whole mesh. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { identity, host } = options;
  const server = new grpc.Server(OPTIONS);
  const shutdown = new Shutdown();
  const health = new HealthImplementation();
  const binding = { interceptors: options.interceptors, shutdown, peerOf: identity.peerOf };
  for (const { definition, bind } of options.implementations) server.addService(definition, bind(binding));
  health.addToServer(server);
  const reflected = reflectionService(options.implementations.map(({ service }) => service));
  for (const version of [ServerReflection, ServerReflectionAlpha]) {
    const { definition, bind } = implement(version, reflected);
    server.addService(definition, bind({ ...binding, interceptors: [], withoutRules: true }));
  }

  const setServing = (serving: boolean) => {
    const names = ['', ...options.implementations.map(({ service }) => service.typeName)];
    for (const name of names) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  };
  setServing(false);
  health.setStatus(LIVENESS, 'SERVING');

  const listener = await identity.listen(server, options);

  return {
    url: `${identity.scheme}://${host}:${listener.port}`,
    setServing,
    async stop() {
      setServing(false);
      const ended = Promise.all([listener.close(), new Promise((resolve) => server.tryShutdown(resolve))]);
      const stopStreams = () => shutdown.begin(new ConnectError('the server is going away', Code.Unavailable));
      const streams = setTimeout(stopStreams, STREAMS_GO_ON_MS);
      const patience = setTimeout(() => {
        server.forceShutdown();
        listener.destroy();
      }, options.drainMs ?? 10_000);
      await ended;
      clearTimeout(streams);
      clearTimeout(patience);
    },
  };
}
