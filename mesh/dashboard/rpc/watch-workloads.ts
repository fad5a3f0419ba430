import type { ServiceImpl } from '@connectrpc/connect';
import type { WorkloadService } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import type { Context } from '../context.ts';
import { spanOf } from '../signals/range.ts';
import { timestampOf } from '../timestamp.ts';
import { workloadsOf } from '../workloads/workloads.ts';
import { every } from './every.ts';

export const watchWorkloads = ({
  telemetry,
  sources,
}: Context): ServiceImpl<typeof WorkloadService>['watchWorkloads'] =>
  async function* ({ range, interval }, { signal }) {
    yield* every(interval, signal, () => {
      const span = spanOf(range);
      return {
        time: timestampOf(span.endMs),
        workloads: workloadsOf(telemetry, sources, span),
        sources: sources.statuses(),
      };
    });
  };
