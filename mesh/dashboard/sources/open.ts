import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SourceStatusSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { type Bus, openBus } from '@kreki/runtime/events/bus';
import { type MeshIdentity, openMeshIdentity } from '@kreki/runtime/identity/mesh-identity';
import type { Logger } from '@kreki/runtime/log';
import { OPERATOR } from '../../policy/nats.ts';
import type { Config } from '../config.ts';
import type { Telemetry } from '../store/telemetry.ts';
import { timestampOf } from '../timestamp.ts';
import { HealthSource } from './health.ts';
import { JetStreamSource } from './jetstream.ts';
import { type Answers, grpcProbe, httpProbe, type Probe } from './probes.ts';
import { openPrometheus } from './prometheus.ts';
import { ProxySource } from './proxies.ts';
import type { Sources } from './sources.ts';

type Status = MessageInitShape<typeof SourceStatusSchema>;

export interface OpenedSources extends Sources {
  /** The connection to NATS, as the operator; undefined where none is configured. */
  readonly bus: Bus | undefined;
  stop(): Promise<void>;
}

/** Opens what the configuration names. */
export function openSources(config: Config, telemetry: Telemetry, log: Logger): OpenedSources {
  const { natsUrl, edgeUrl, prometheusUrl } = config;
  const bus = natsUrl ? openBus(natsUrl, { name: OPERATOR, log }) : undefined;
  const jetstream = bus && new JetStreamSource(bus, log);
  const proxies = prometheusUrl
    ? new ProxySource(openPrometheus(prometheusUrl), config.mesh.namespace, log)
    : undefined;
  const identity = openIdentity(config, log);
  const probes = identity ? serviceProbes(config, identity) : {};
  const health = new HealthSource({ gateway: httpProbe(edgeUrl), ...probes }, log);
  return {
    bus,
    health: (workload) => health.of(workload),
    streams: () => jetstream?.latest,
    proxies: (span) => proxies?.edges(span),
    statuses: () => [
      otlp(telemetry),
      jetStream(jetstream),
      healthStatus(health, Object.keys(probes)),
      edge(health.of('gateway')),
      ...(proxies ? [prometheus(proxies)] : []),
    ],
    async stop() {
      await Promise.all([jetstream?.stop(), health.stop(), proxies?.stop()]);
      identity?.stop();
    },
  };
}

/** Services are asked as the operator, whom each of them tells how it is. */
function openIdentity({ mesh: { identity, namespace } }: Config, log: Logger): MeshIdentity | undefined {
  return identity ? openMeshIdentity(OPERATOR, { identity, namespace }, log) : undefined;
}

function serviceProbes({ serviceUrls }: Config, identity: MeshIdentity): Record<string, Probe> {
  return Object.fromEntries(
    Object.entries(serviceUrls).flatMap(([name, url]) => (url ? [[name, grpcProbe(name, url, identity)]] : [])),
  );
}

function otlp({ lastHeard }: Telemetry): Status {
  const lastMs = Math.max(...lastHeard.values());
  const heard = Number.isFinite(lastMs);
  return {
    name: 'otlp',
    available: heard,
    problem: heard ? '' : 'no process has sent telemetry yet: set OTEL_EXPORTER_OTLP_ENDPOINT to this dashboard',
    ...(heard && { lastTime: timestampOf(lastMs) }),
  };
}

function jetStream(source: JetStreamSource | undefined): Status {
  if (!source) return { name: 'jetstream', available: false, problem: 'no NATS_URL is set: events are left out' };
  const { latest, problem } = source;
  return {
    name: 'jetstream',
    available: latest !== undefined,
    problem,
    ...(latest && { lastTime: timestampOf(latest.timeMs) }),
  };
}

function healthStatus({ lastMs }: HealthSource, services: readonly string[]): Status {
  const asked = services.length > 0;
  return {
    name: 'health',
    available: asked,
    problem: asked ? '' : 'no service is asked for its health: set MESH_IDENTITY and the URL of each, such as AUTH_URL',
    ...(asked && lastMs !== undefined && { lastTime: timestampOf(lastMs) }),
  };
}

const edge = (answers: Answers | undefined): Status => ({
  name: 'edge',
  available: (answers?.serving ?? 0) > 0,
  problem: answers?.serving
    ? ''
    : `the gateway ${answers?.problem ? `does not answer (${answers.problem})` : 'is not ready'}: nobody can sign in, and no call can be tried`,
});

/** Where one is configured; without it nothing is missed. */
const prometheus = ({ problem, lastMs }: ProxySource): Status => ({
  name: 'prometheus',
  available: problem === '',
  problem: problem && `Linkerd's metrics are left out: ${problem}`,
  ...(lastMs !== undefined && { lastTime: timestampOf(lastMs) }),
});
