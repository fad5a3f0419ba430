import type { MeshIdentity } from '@kreki/runtime/identity/mesh-identity';
import type { Logger } from '@kreki/runtime/log';
import { clientMetrics } from '@kreki/runtime/rpc/client';
import { createGrpcTransport, type GrpcTransport } from '@kreki/runtime/rpc/transport';
import type { BreakerSettings } from '@kreki/runtime/rpc/upstream/breaker';
import type { ServiceName } from '../../mesh/topology.ts';

/** A service of the mesh as the edge reaches it. */
export interface Upstream {
  readonly name: ServiceName;
  readonly transport: GrpcTransport;
}

export type Upstreams = Readonly<Record<ServiceName, Upstream>>;

export function openUpstreams(
  urls: Readonly<Record<ServiceName, string>>,
  identity: MeshIdentity,
  breaker: BreakerSettings,
  log: Logger,
): Upstreams {
  const open = (name: ServiceName, url: string): Upstream => ({
    name,
    transport: createGrpcTransport({ url, identity, service: name, interceptors: [clientMetrics(name)], breaker, log }),
  });
  const opened = Object.entries(urls).map(([name, url]) => [name, open(name as ServiceName, url)]);
  return Object.fromEntries(opened) as Upstreams;
}

export function closeUpstreams(upstreams: Upstreams): void {
  for (const { transport } of Object.values(upstreams)) transport.close();
}
