import dagre from '@dagrejs/dagre';
import { type Edge, EdgeKind, type Node, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { columnsOf } from './columns.ts';

export const NODE_SIZE = { width: 190, height: 84 };
const GAP = { x: 100, y: 26, few: 120 };
/** So many callers have room for the labels of what passes between them, and are placed at leisure; more are placed in plain columns. */
const FEW = 12;
/** After every tier that there is. */
const NO_TIER = 99;

interface Position {
  readonly x: number;
  readonly y: number;
}
export type Positions = ReadonlyMap<string, Position>;

/** What decides the layout; signals do not, so that nothing moves while figures change. */
export const shapeOf = (nodes: readonly Node[], edges: readonly Edge[]): string =>
  [...nodes.map(({ id }) => id), ...edges.map(({ id }) => id)].sort().join('\n');

const MIDDLE = new Set([NodeKind.CLIENT, NodeKind.GATEWAY, NodeKind.SERVICE, NodeKind.UNSPECIFIED]);

/**
 * Callers at the left, what they call to the right of them; then a column of streams, and at the rim databases, Redis and providers, each
 * as near as can be to who uses it.
 */
export function layOut(nodes: readonly Node[], edges: readonly Edge[]): Positions {
  const positions = placeCallers(nodes, edges);
  const right = Math.max(0, ...[...positions.values()].map(({ x }) => x));
  const streams = nodes.filter(({ kind }) => kind === NodeKind.STREAM);
  const rim = nodes.filter(({ kind }) => !MIDDLE.has(kind) && kind !== NodeKind.STREAM);
  const column = NODE_SIZE.width + GAP.x;
  placeColumn(streams, edges, positions, right + column);
  placeColumn(rim, edges, positions, right + column * (streams.length > 0 ? 2 : 1));
  return positions;
}

function placeCallers(nodes: readonly Node[], edges: readonly Edge[]): Map<string, Position> {
  const callers = nodes.filter(({ kind }) => MIDDLE.has(kind));
  const among = new Set(callers.map(({ id }) => id));
  const calls = edges.filter(
    ({ source, target, kind }) => kind === EdgeKind.CALL && source !== target && among.has(source) && among.has(target),
  );
  // Where calls go in a circle, those to the lowest tier lead to the right: a tier calls those after it.
  const tiers = new Map(callers.map(({ id, tier }) => [id, tier || NO_TIER]));
  const tierOf = (id: string) => tiers.get(id) ?? NO_TIER;
  calls.sort((a, b) => tierOf(a.target) - tierOf(b.target));
  const ids = [...among].sort((a, b) => tierOf(a) - tierOf(b));
  return callers.length <= FEW ? placeFew(ids, calls) : placeMany(ids, calls);
}

function placeFew(ids: readonly string[], calls: readonly Edge[]): Map<string, Position> {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', ranksep: GAP.x, nodesep: GAP.few });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { ...NODE_SIZE });
  for (const { id, source, target } of calls) graph.setEdge(source, target, {}, id);
  dagre.layout(graph);
  return new Map(
    ids.map((id) => {
      const { x, y } = graph.node(id);
      return [id, { x: x - NODE_SIZE.width / 2, y: y - NODE_SIZE.height / 2 }];
    }),
  );
}

function placeMany(ids: readonly string[], calls: readonly Edge[]): Map<string, Position> {
  const [column, step] = [NODE_SIZE.width + GAP.x, NODE_SIZE.height + GAP.y];
  return new Map(
    columnsOf(ids, calls).flatMap((inColumn, index) =>
      inColumn.map((id, place) => [id, { x: index * column, y: (place - (inColumn.length - 1) / 2) * step }] as const),
    ),
  );
}

/** Stacks nodes in a column around the height of those that use them. */
function placeColumn(
  nodes: readonly Node[],
  edges: readonly Edge[],
  positions: Map<string, Position>,
  x: number,
): void {
  const heightOf = ({ id }: Node): number => {
    const users = edges
      .filter(({ source, target, kind }) => (target === id && kind !== EdgeKind.CONSUME) || source === id)
      .map(({ source, target }) => positions.get(source === id ? target : source)?.y)
      .filter((y) => y !== undefined);
    return users.length === 0 ? 0 : users.reduce((sum, y) => sum + y, 0) / users.length;
  };
  const ordered = nodes.map((node) => ({ node, y: heightOf(node) })).sort((a, b) => a.y - b.y);
  const step = NODE_SIZE.height + GAP.y;
  const callers = [...positions.values()].map(({ y }) => y);
  const middle = (Math.min(...callers, 0) + Math.max(...callers, 0)) / 2;
  const first = middle - ((ordered.length - 1) * step) / 2;
  for (const [index, { node }] of ordered.entries()) positions.set(node.id, { x, y: first + index * step });
}
