import { Code, type ServiceImpl } from '@connectrpc/connect';
import type { WorkloadService } from '@kreki/gen/kreki/mesh/v1/workload_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { drawGraph } from '../map/draw.ts';
import { edgeMessage } from '../map/graph.ts';
import { spanOf } from '../signals/range.ts';
import { timestampOf } from '../timestamp.ts';
import { consumersOf } from '../workloads/consumers.ts';
import { recentErrors } from '../workloads/errors.ts';
import { historyOf } from '../workloads/history.ts';
import { instancesOf } from '../workloads/instances.ts';
import { rpcSignals } from '../workloads/rpcs.ts';
import { answeredBy, workloadMessage } from '../workloads/workloads.ts';
import { every } from './every.ts';

export const watchWorkload = ({
  telemetry,
  sources,
  methods,
}: Context): ServiceImpl<typeof WorkloadService>['watchWorkload'] =>
  async function* ({ name, range, interval }, { signal }) {
    yield* every(interval, signal, () => {
      const span = spanOf(range);
      const graph = drawGraph(telemetry, sources, span);
      const known = [...graph.nodes.values()].some(({ title }) => title === name) || telemetry.lastHeard.has(name);
      if (!known) throw fail(Code.NotFound, 'WORKLOAD_NOT_FOUND', `nothing was heard of ${name}`, { name });
      const node = graph.workload(name);
      return {
        time: timestampOf(span.endMs),
        workload: workloadMessage(node, telemetry, span, []),
        rpcs: rpcSignals(answeredBy(telemetry, name, span), methods, span),
        instances: instancesOf(telemetry, name, span),
        edges: [...graph.edges.values()]
          .filter(({ source, target }) => source === node.id || target === node.id)
          .map((edge) => edgeMessage(edge, span)),
        consumers: consumersOf(telemetry, sources, span).filter(({ workload }) => workload === name),
        errors: recentErrors(telemetry, name, span),
        history: historyOf(span, (step) => answeredBy(telemetry, name, step)).points,
        sources: sources.statuses(),
      };
    });
  };
