import { type Edge, EdgeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { getBezierPath, Position } from '@xyflow/react';
import { type State, stateOf } from './elements.ts';
import { NODE_SIZE, type Positions } from './layout.ts';

/** The way of an edge on the map. */
export interface Curve {
  readonly id: string;
  readonly path: Path2D;
  /** Its end, and whether it comes there from the right. */
  readonly x: number;
  readonly y: number;
  readonly back: boolean;
}

/** Edges that look the same: the curve of each, and the points of their arrows in one. */
export interface Stroke {
  /** Variable of the style sheet that holds the colour. */
  readonly color: string;
  readonly width: number;
  readonly alpha: number;
  readonly dash: readonly number[];
  readonly curves: Path2D[];
  readonly points: Path2D;
}

type Pen = Omit<Stroke, 'curves' | 'points'>;

const POINT = { length: 7, half: 3 };
/** What needs attention lies on top. */
const ORDER: readonly State[] = ['idle', 'serving', 'degraded', 'down'];
const COLORS: Readonly<Partial<Record<EdgeKind, string>>> = {
  [EdgeKind.PUBLISH]: '--event',
  [EdgeKind.CONSUME]: '--event',
  [EdgeKind.STORE]: '--store',
  [EdgeKind.PROVIDE]: '--store',
};

/** The curves that React Flow draws between the same places. */
export function curvesOf(edges: readonly Edge[], positions: Positions): ReadonlyMap<string, Curve> {
  const curves = new Map<string, Curve>();
  for (const { id, source, target, kind } of edges) {
    const [from, to] = [positions.get(source), positions.get(target)];
    if (!from || !to) continue;
    const back = kind === EdgeKind.CONSUME;
    const [x, y] = [to.x + (back ? NODE_SIZE.width : 0), to.y + NODE_SIZE.height / 2];
    const [path] = getBezierPath({
      sourceX: from.x + (back ? 0 : NODE_SIZE.width),
      sourceY: from.y + NODE_SIZE.height / 2,
      sourcePosition: back ? Position.Left : Position.Right,
      targetX: x,
      targetY: y,
      targetPosition: back ? Position.Right : Position.Left,
    });
    curves.set(id, { id, path: new Path2D(path), x, y, back });
  }
  return curves;
}

/** Edges grouped by how they look. */
export function strokesOf(
  edges: readonly Edge[],
  curves: ReadonlyMap<string, Curve>,
  lit: ReadonlySet<string>,
): readonly Stroke[] {
  const strokes = new Map<string, Stroke>();
  const pointed = new Set<string>();
  const inOrder = [...edges].sort((a, b) => ORDER.indexOf(stateOf(a)) - ORDER.indexOf(stateOf(b)));
  for (const edge of inOrder) {
    const curve = curves.get(edge.id);
    if (!curve) continue;
    const pen = penOf(edge, lit);
    const look = JSON.stringify(pen);
    const stroke = strokes.get(look) ?? { ...pen, curves: [], points: new Path2D() };
    strokes.set(look, stroke);
    stroke.curves.push(curve.path);
    // Most edges end where others do: one point there is enough.
    const place = `${look} ${curve.x} ${curve.y}`;
    if (!pointed.has(place)) addPoint(stroke.points, curve);
    pointed.add(place);
  }
  return [...strokes.values()];
}

function penOf(edge: Edge, lit: ReadonlySet<string>): Pen {
  const state = stateOf(edge);
  const trouble = state === 'degraded' || state === 'down';
  const dim = lit.size > 0 && !lit.has(edge.source) && !lit.has(edge.target);
  const event = edge.kind === EdgeKind.PUBLISH || edge.kind === EdgeKind.CONSUME;
  // What nobody declared is not dotted here as in a graph of few: dots of hundreds of edges cannot be told apart, and cost five times a line.
  return {
    color: trouble ? `--${state}` : (COLORS[edge.kind] ?? '--blue'),
    width: trouble ? 2 : 1,
    alpha: dim ? 0.1 : trouble ? 1 : state === 'idle' ? 0.3 : 0.5,
    dash: event ? [6, 4] : [],
  };
}

function addPoint(points: Path2D, { x, y, back }: Curve): void {
  const from = x + (back ? POINT.length : -POINT.length);
  points.moveTo(x, y);
  points.lineTo(from, y - POINT.half);
  points.lineTo(from, y + POINT.half);
  points.closePath();
}
