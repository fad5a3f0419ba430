import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SourceStatusSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import type { StreamsSnapshot } from './jetstream.ts';

/** What the dashboard reads besides telemetry, each as it was last read; a source that cannot be read says why, and the others go on. */
export interface Sources {
  /** Whether a workload says that it serves (grpc.health.v1); undefined when it was not asked or did not answer. */
  serving(workload: string): boolean | undefined;
  /** JetStream's streams and consumers; undefined while it cannot be read. */
  streams(): StreamsSnapshot | undefined;
  statuses(): MessageInitShape<typeof SourceStatusSchema>[];
}
