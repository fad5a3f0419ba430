import dagre from '@dagrejs/dagre';
import { type Edge, EdgeKind, type Node } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';

export const NODE_SIZE = { width: 190, height: 84 };

export type Positions = ReadonlyMap<string, { readonly x: number; readonly y: number }>;

/** What decides the layout; signals do not, so that nothing moves while figures change. */
export const shapeOf = (nodes: readonly Node[], edges: readonly Edge[]): string =>
  [...nodes.map(({ id }) => id), ...edges.map(({ id }) => id)].sort().join('\n');

/**
 * Places nodes in columns from callers to called: clients at the left, stores and providers at the right rim. Events that flow back to
 * services do not turn the picture around.
 */
export function layOut(nodes: readonly Node[], edges: readonly Edge[]): Positions {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 26, ranksep: 130, marginx: 20, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { ...NODE_SIZE });
  const known = new Set(nodes.map(({ id }) => id));
  for (const { id, source, target, kind } of edges) {
    if (!known.has(source) || !known.has(target) || source === target) continue;
    const back = kind === EdgeKind.CONSUME;
    graph.setEdge(back ? target : source, back ? source : target, { weight: kind === EdgeKind.CALL ? 3 : 1 }, id);
  }
  dagre.layout(graph);
  return new Map(
    nodes.map(({ id }) => {
      const { x, y } = graph.node(id);
      return [id, { x: x - NODE_SIZE.width / 2, y: y - NODE_SIZE.height / 2 }];
    }),
  );
}
