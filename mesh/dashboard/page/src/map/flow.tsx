import type { Edge, Node } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { EdgeKind, EdgeSecurity, NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import {
  BaseEdge,
  Controls,
  EdgeLabelRenderer,
  type EdgeProps,
  type Edge as FlowEdge,
  type Node as FlowNode,
  getBezierPath,
  Handle,
  MarkerType,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { memo, useMemo } from 'react';
import { milliseconds, percent, rate } from '../lib/format.ts';
import { useText } from '../lib/language.tsx';
import { healthClass } from '../parts/health.tsx';
import { Icon } from '../shell/icon.tsx';
import { KIND_NAMES, type Label, labelOf } from './labels.ts';
import { layOut, NODE_SIZE, shapeOf } from './layout.ts';

type PartNode = FlowNode<{ part: Node; dim: boolean }, 'part'>;
type WayEdge = FlowEdge<{ way: Edge; text: string; dim: boolean }, 'way'>;

const PartView = memo(({ data: { part, dim }, selected }: NodeProps<PartNode>) => {
  const t = useText();
  const { signals } = part;
  const busy = signals !== undefined && signals.calls > 0n;
  const plain = part.kind === NodeKind.STREAM;
  return (
    <div
      className={`part ${healthClass(part.health)} kind-${NodeKind[part.kind].toLowerCase()} ${dim ? 'dim' : ''}`}
      data-selected={selected}
    >
      <Handle id="in" type="target" position={Position.Left} isConnectable={false} />
      <Handle id="back" type="source" position={Position.Left} isConnectable={false} />
      <div className="kind">
        {t(KIND_NAMES[part.kind])}
        {part.tier > 0 && <span className={`tier tier${part.tier}`}>T{part.tier}</span>}
      </div>
      <div className="title">{part.title}</div>
      <div className="figures">
        <span>{busy ? rate(signals.rate) : '–'}</span>
        {busy && !plain && <span>{percent(signals.successRatio)}</span>}
        {busy && !plain && <span>{milliseconds(signals.p95Ms)}</span>}
      </div>
      <Handle id="out" type="source" position={Position.Right} isConnectable={false} />
      <Handle id="return" type="target" position={Position.Right} isConnectable={false} />
    </div>
  );
});

const WayView = memo(({ id, data, selected, markerEnd, ...ends }: EdgeProps<WayEdge>) => {
  const [path, x, y] = getBezierPath(ends);
  if (!data) return null;
  const { way, text, dim } = data;
  const secured = way.security === EdgeSecurity.MTLS;
  return (
    <>
      <BaseEdge id={id} path={path} markerEnd={markerEnd ?? ''} className={`${classOf(way)} ${dim ? 'dim' : ''}`} />
      {(text || selected) && (
        <EdgeLabelRenderer>
          <div className="way-label" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            {secured && <Icon name="lock" size={11} />}
            {way.security === EdgeSecurity.PLAINTEXT && <Icon name="unlock" size={11} />}
            {text}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

function classOf({ kind, signals, declared }: Edge): string {
  const busy = (signals?.calls ?? 0n) > 0n;
  const ratio = signals?.successRatio ?? 1;
  const state = !busy ? 'idle' : ratio < 0.9 ? 'down' : ratio < 0.95 ? 'degraded' : 'serving';
  return `way ${EdgeKind[kind].toLowerCase()} ${state} ${declared ? '' : 'undeclared'}`;
}

/** Events come back from the right to who handles them. */
const handlesOf = ({ kind }: Edge) =>
  kind === EdgeKind.CONSUME
    ? { sourceHandle: 'back', targetHandle: 'return' }
    : { sourceHandle: 'out', targetHandle: 'in' };

const NODE_TYPES = { part: PartView };
const EDGE_TYPES = { way: WayView };

/** The graph itself. Nothing moves but what the person moves: positions depend on which parts there are, not on their figures. */
export function Flow({
  nodes,
  edges,
  label,
  selected,
  lit,
  onSelect,
}: {
  nodes: readonly Node[];
  edges: readonly Edge[];
  label: Label;
  selected: string;
  /** Ids that were searched for; none: nothing was. */
  lit: ReadonlySet<string>;
  onSelect: (id: string) => void;
}) {
  const shape = shapeOf(nodes, edges);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for both
  const positions = useMemo(() => layOut(nodes, edges), [shape]);
  const flowNodes = useMemo(
    () =>
      nodes.map(
        (part): PartNode => ({
          id: part.id,
          type: 'part',
          position: positions.get(part.id) ?? { x: 0, y: 0 },
          ...NODE_SIZE,
          data: { part, dim: lit.size > 0 && !lit.has(part.id) },
          selected: part.id === selected,
          draggable: false,
          ariaLabel: `${part.title}, ${Health[part.health]}`,
        }),
      ),
    [nodes, positions, lit, selected],
  );
  const flowEdges = useMemo(
    () =>
      edges.map(
        (way): WayEdge => ({
          id: way.id,
          type: 'way',
          source: way.source,
          target: way.target,
          ...handlesOf(way),
          data: { way, text: labelOf(way, label), dim: lit.size > 0 && !lit.has(way.source) && !lit.has(way.target) },
          selected: way.id === selected,
          markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
          ariaLabel: `${way.source} → ${way.target}`,
        }),
      ),
    [edges, label, lit, selected],
  );
  return (
    <ReactFlow
      key={shape}
      nodes={flowNodes}
      edges={flowEdges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      fitView
      minZoom={0.15}
      nodesConnectable={false}
      onlyRenderVisibleElements={nodes.length > 30}
      onNodeClick={(_, { id }) => onSelect(id)}
      onEdgeClick={(_, { id }) => onSelect(id)}
      onPaneClick={() => onSelect('')}
      onSelectionChange={({ nodes: [node], edges: [edge] }) => {
        const id = node?.id ?? edge?.id;
        if (id && id !== selected) onSelect(id);
      }}
    >
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}
