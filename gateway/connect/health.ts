import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { type Health, HealthCheckResponse_ServingStatus as Status } from '@kreki/gen/grpc/health/v1/health_pb.js';
import type { ServiceName } from '../../mesh/topology.ts';
import type { Registry } from '../registry.ts';
import type { Readiness } from '../upstream/readiness.ts';

const WATCH_INTERVAL_MS = 1_000;

/** gRPC's health service for the edge: each service is as well as what answers it, the edge (no name) as ready as `/readyz` says. */
export function healthService(
  { services, methods }: Registry,
  readiness: Readiness,
  stopping: AbortSignal,
): ServiceImpl<typeof Health> {
  const upstreams = new Map<string, ServiceName>(
    methods.map(({ method, upstream }) => [method.parent.typeName, upstream]),
  );
  const statusOf = (name: string): Status => {
    if (stopping.aborted) return Status.NOT_SERVING;
    const upstream = upstreams.get(name);
    if (name !== '' && !upstream) return Status.SERVICE_UNKNOWN;
    return (upstream ? readiness.serving(upstream) : readiness.ready) ? Status.SERVING : Status.NOT_SERVING;
  };

  return {
    check({ service }) {
      const status = statusOf(service);
      if (status === Status.SERVICE_UNKNOWN) throw new ConnectError(`no service ${service} here`, Code.NotFound);
      return { status };
    },
    async *watch({ service }, { signal }) {
      let told: Status | undefined;
      const ended = AbortSignal.any([signal, stopping]);
      while (!signal.aborted) {
        const status = statusOf(service);
        if (status !== told) yield { status };
        told = status;
        if (stopping.aborted) return;
        await sleep(WATCH_INTERVAL_MS, undefined, { signal: ended }).catch(() => undefined);
      }
    },
    list() {
      const names = ['', ...services.map(({ typeName }) => typeName)];
      return { statuses: Object.fromEntries(names.map((name) => [name, { status: statusOf(name) }])) };
    },
  };
}
