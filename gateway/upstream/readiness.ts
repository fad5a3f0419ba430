import { createClient } from '@connectrpc/connect';
import { Health, HealthCheckResponse_ServingStatus as Status } from '@kreki/gen/grpc/health/v1/health_pb.js';
import type { Logger } from '@kreki/runtime/log';
import { loop } from '@kreki/runtime/loop';
import { type ServiceName, services } from '../../mesh/topology.ts';
import type { Upstreams } from './upstreams.ts';

/** What the services say of themselves (grpc.health.v1), asked every two seconds. */
export interface Readiness {
  /** Whether every service of tier 1 serves: an edge that cannot reach what must stay up sends its callers to another replica. */
  readonly ready: boolean;
  serving(name: ServiceName): boolean;
  start(): void;
  stop(): Promise<void>;
}

const INTERVAL_MS = 2_000;
const PATIENCE_MS = 1_000;

export function watchReadiness(upstreams: Upstreams, log: Logger): Readiness {
  const serving = new Set<ServiceName>();
  const clients = Object.values(upstreams).map(({ name, transport }) => ({
    name,
    health: createClient(Health, transport),
  }));
  const ask = async ({ name, health }: (typeof clients)[number]) => {
    const answer = await health.check({}, { timeoutMs: PATIENCE_MS }).catch(() => undefined);
    const well = answer?.status === Status.SERVING;
    if (well === serving.has(name)) return;
    log.info({ upstream: name, serving: well }, 'upstream changed');
    if (well) serving.add(name);
    else serving.delete(name);
  };
  const askAll = async () => {
    await Promise.all(clients.map(ask));
  };
  const repeated = loop('readiness', INTERVAL_MS, askAll, { log });
  return {
    get ready() {
      return clients.every(({ name }) => services[name].tier > 1 || serving.has(name));
    },
    serving: (name) => serving.has(name),
    start: () => repeated.start(),
    stop: () => repeated.stop(),
  };
}
