import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SourceStatusSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { type Bus, openBus } from '@kreki/runtime/events/bus';
import type { Logger } from '@kreki/runtime/log';
import { OPERATOR } from '../../policy/nats.ts';
import type { Config } from '../config.ts';
import type { Telemetry } from '../store/telemetry.ts';
import { timestampOf } from '../timestamp.ts';
import { JetStreamSource } from './jetstream.ts';
import { httpProbe, ServingSource } from './serving.ts';
import type { Sources } from './sources.ts';

type Status = MessageInitShape<typeof SourceStatusSchema>;

export interface OpenedSources extends Sources {
  /** The connection to NATS, as the operator; undefined where none is configured. */
  readonly bus: Bus | undefined;
  stop(): Promise<void>;
}

/** Opens what the configuration names. */
export function openSources({ natsUrl, edgeUrl }: Config, telemetry: Telemetry, log: Logger): OpenedSources {
  const bus = natsUrl ? openBus(natsUrl, { name: OPERATOR, log }) : undefined;
  const jetstream = bus && new JetStreamSource(bus, log);
  const serving = new ServingSource({ gateway: httpProbe(edgeUrl) }, log);
  return {
    bus,
    serving: (workload) => serving.of(workload),
    streams: () => jetstream?.latest,
    statuses: () => [otlp(telemetry), jetStream(jetstream), edge(serving.of('gateway'))],
    async stop() {
      await Promise.all([jetstream?.stop(), serving.stop()]);
    },
  };
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

const edge = (serving: boolean | undefined): Status => ({
  name: 'edge',
  available: serving === true,
  problem: serving ? '' : 'the gateway is not ready: nobody can sign in, and no call can be tried',
});
