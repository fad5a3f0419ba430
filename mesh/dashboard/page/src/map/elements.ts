import type { Edge, Node } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { EdgeKind, type EdgeSecurity, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { type Edge as FlowEdge, type Node as FlowNode, MarkerType, type NodeHandle, Position } from '@xyflow/react';
import { useMemo, useRef } from 'react';
import { milliseconds, percent, rate } from '../lib/format.ts';
import { healthClass } from '../parts/health.tsx';
import { type Label, labelOf } from './labels.ts';
import { NODE_SIZE, type Positions } from './layout.ts';

/** What is drawn of a part of the mesh, and nothing that is not. */
export type PartNode = FlowNode<
  { kind: NodeKind; tier: number; title: string; figures: string[]; look: string },
  'part'
>;
export type WayEdge = FlowEdge<{ text: string; security: EdgeSecurity; look: string }, 'way'>;

/** What the person chose to see. */
export interface Drawn {
  readonly label: Label;
  readonly selected: string;
  /** Ids that were searched for; none: nothing was. */
  readonly lit: ReadonlySet<string>;
}

const middle = { y: NODE_SIZE.height / 2, width: 1, height: 1 };
/** Known beforehand: edges need not wait until nodes are measured. */
const HANDLES: NodeHandle[] = [
  { ...middle, id: 'in', type: 'target', position: Position.Left, x: 0 },
  { ...middle, id: 'back', type: 'source', position: Position.Left, x: 0 },
  { ...middle, id: 'out', type: 'source', position: Position.Right, x: NODE_SIZE.width },
  { ...middle, id: 'return', type: 'target', position: Position.Right, x: NODE_SIZE.width },
];

const EDGES_MAX = 120;
/** With so many edges only those of the chosen part are labelled and drawn each by itself: no one could read the rest. */
export const isCrowded = (edges: readonly Edge[]): boolean => edges.length > EDGES_MAX;

export function partOf(part: Node, positions: Positions, { selected, lit }: Drawn): PartNode {
  const { id, kind, tier, title, health } = part;
  const dim = lit.size > 0 && !lit.has(id);
  const look = `${healthClass(health)} kind-${NodeKind[kind].toLowerCase()} ${dim ? 'dim' : ''}`;
  return {
    id,
    type: 'part',
    position: positions.get(id) ?? { x: 0, y: 0 },
    ...NODE_SIZE,
    measured: NODE_SIZE,
    handles: HANDLES,
    data: { kind, tier, title, figures: figuresOf(part), look },
    selected: id === selected,
    draggable: false,
    ariaLabel: `${title}, ${Health[health]}`,
  };
}

function figuresOf({ kind, signals }: Node): string[] {
  if (!signals || signals.calls === 0n) return ['–'];
  if (kind === NodeKind.STREAM) return [rate(signals.rate)];
  return [rate(signals.rate), percent(signals.successRatio), milliseconds(signals.p95Ms)];
}

export function wayOf(way: Edge, { label, selected, lit }: Drawn): WayEdge {
  const { id, source, target, security } = way;
  const dim = lit.size > 0 && !lit.has(source) && !lit.has(target);
  return {
    id,
    type: 'way',
    source,
    target,
    ...handlesOf(way),
    data: {
      text: labelOf(way, label),
      security,
      look: `way ${EdgeKind[way.kind].toLowerCase()} ${stateOf(way)} ${way.declared ? '' : 'undeclared'} ${dim ? 'dim' : ''}`,
    },
    selected: id === selected,
    markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
    ariaLabel: `${source} → ${target}`,
  };
}

export type State = 'idle' | 'serving' | 'degraded' | 'down';

/** How an edge is by the calls that pass over it. */
export function stateOf({ signals }: Edge): State {
  if (!signals || signals.calls === 0n) return 'idle';
  // As the dashboard judges parts: fewer faults say too little.
  if (signals.faults < 3n) return 'serving';
  if (signals.successRatio < 0.9) return 'down';
  return signals.successRatio < 0.95 ? 'degraded' : 'serving';
}

/** Events come back from the right to who handles them. */
const handlesOf = ({ kind }: Edge) =>
  kind === EdgeKind.CONSUME
    ? { sourceHandle: 'back', targetHandle: 'return' }
    : { sourceHandle: 'out', targetHandle: 'in' };

/** The same objects for as long as they look the same, so that only what changed is drawn again. */
export function useUnchanged<T extends { readonly id: string }>(elements: readonly T[]): T[] {
  const before = useRef(new Map<string, { look: string; element: T }>());
  return useMemo(() => {
    const present = new Map<string, { look: string; element: T }>();
    for (const element of elements) {
      const look = JSON.stringify(element);
      const known = before.current.get(element.id);
      present.set(element.id, known?.look === look ? known : { look, element });
    }
    before.current = present;
    return [...present.values()].map(({ element }) => element);
  }, [elements]);
}
