import type { ServiceImpl } from '@connectrpc/connect';
import type { MapService } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import type { Context } from '../context.ts';
import { drawGraph } from '../map/draw.ts';
import { before, spanOf } from '../signals/range.ts';
import { timestampOf } from '../timestamp.ts';
import { every } from './every.ts';

export const watchMap = ({ telemetry, sources }: Context): ServiceImpl<typeof MapService>['watchMap'] =>
  async function* ({ range, withPrevious, interval }, call) {
    yield* every(interval, call.signal, () => {
      const span = spanOf(range);
      const graph = drawGraph(telemetry, sources, span, withPrevious);
      return {
        time: timestampOf(span.endMs),
        ...graph.drawn(span, withPrevious ? before(span) : undefined),
        sources: sources.statuses(),
      };
    });
  };
