import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SourceStatusSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import type { StreamsSnapshot } from './jetstream.ts';
import type { Answers } from './probes.ts';

/** What the dashboard reads besides telemetry, each as it was last read; a source that cannot be read says why, and the others go on. */
export interface Sources {
  /** What the processes of a workload say of themselves (`grpc.health.v1`, `/readyz`); undefined when they were not asked. */
  health(workload: string): Answers | undefined;
  /** JetStream's streams and consumers; undefined while it cannot be read. */
  streams(): StreamsSnapshot | undefined;
  statuses(): MessageInitShape<typeof SourceStatusSchema>[];
}
