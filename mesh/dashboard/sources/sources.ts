import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SourceStatusSchema } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import type { Span } from '../store/metrics.ts';
import type { StreamsSnapshot } from './jetstream.ts';
import type { Answers } from './probes.ts';
import type { ProxyEdge } from './proxy-edges.ts';

/** What the dashboard reads besides telemetry, each as it was last read; a source that cannot be read says why, and the others go on. */
export interface Sources {
  /** What the processes of a workload say of themselves (`grpc.health.v1`, `/readyz`); undefined when they were not asked. */
  health(workload: string): Answers | undefined;
  /** JetStream's streams and consumers; undefined while it cannot be read. */
  streams(): StreamsSnapshot | undefined;
  /** What Linkerd's proxies saw in a span of time; undefined without them, or while it is not known. */
  proxies(span: Span): readonly ProxyEdge[] | undefined;
  statuses(): MessageInitShape<typeof SourceStatusSchema>[];
}
