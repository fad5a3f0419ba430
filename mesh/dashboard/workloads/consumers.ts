import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ConsumerStateSchema } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { services } from '../../topology.ts';
import { Signals } from '../signals/golden.ts';
import { handled } from '../signals/measured.ts';
import type { Sources } from '../sources/sources.ts';
import type { Span } from '../store/metrics.ts';
import type { Telemetry } from '../store/telemetry.ts';

export type ConsumerMessage = MessageInitShape<typeof ConsumerStateSchema>;

/** Every durable consumer of the topology and of JetStream, with what it handled within a span of time. */
export function consumersOf(telemetry: Telemetry, sources: Sources, span: Span): ConsumerMessage[] {
  const snapshot = sources.streams();
  const signals = new Map<string, Signals>();
  for (const { attributes, code, durations } of handled(telemetry, span)) {
    const durable = attributes['messaging.consumer.group.name'] ?? '';
    const sum = signals.get(durable) ?? new Signals();
    sum.add(code, durations);
    signals.set(durable, sum);
  }
  return (snapshot?.consumers ?? []).map((consumer) => ({
    stream: consumer.stream,
    durable: consumer.durable,
    pending: BigInt(consumer.pending),
    ackPending: BigInt(consumer.ackPending),
    redelivered: BigInt(consumer.redelivered),
    lagSeconds: consumer.lagMs / 1_000,
    deadLetters: BigInt(snapshot?.deadLettersOf.get(consumer.durable) ?? 0),
    workload: readerOf(consumer.durable),
    signals: (signals.get(consumer.durable) ?? new Signals()).golden(span),
  }));
}

/** The service whose consumer this is; a durable is named `<service>-<purpose>`. */
function readerOf(durable: string): string {
  const owner = Object.entries(services).find(([, { consumes }]) => consumes.some((each) => each.durable === durable));
  return owner?.[0] ?? durable.split('-')[0] ?? '';
}
