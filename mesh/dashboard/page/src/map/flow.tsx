import type { Edge, Node } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { Controls, ReactFlow, type ReactFlowInstance, type ReactFlowProps } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useMemo, useRef } from 'react';
import { type Drawn, isCrowded, type PartNode, partOf, useUnchanged, type WayEdge, wayOf } from './elements.ts';
import { layOut, shapeOf } from './layout.ts';
import { PartView } from './part-view.tsx';
import { curvesOf, strokesOf } from './strokes.ts';
import { WayView } from './way-view.tsx';
import { type Picked, WaysCanvas } from './ways-canvas.tsx';

const NODE_TYPES = { part: PartView };
const EDGE_TYPES = { way: WayView };

/**
 * The graph itself. Nothing moves but what the person moves: positions depend on which parts there are, not on their figures. Of a
 * crowded graph the edges of the chosen part stand out, and the others lie below as one picture.
 */
export function Flow({
  nodes,
  edges,
  drawn,
  onSelect,
}: {
  nodes: readonly Node[];
  edges: readonly Edge[];
  drawn: Drawn;
  onSelect: (id: string) => void;
}) {
  const shape = shapeOf(nodes, edges);
  const crowded = isCrowded(edges);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for both
  const positions = useMemo(() => layOut(nodes, edges), [shape]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for them
  const curves = useMemo(() => curvesOf(crowded ? edges : [], positions), [shape, positions]);
  const { selected, lit } = drawn;
  const [above, below] = useMemo(() => {
    const stands = ({ id, source, target }: Edge) => !crowded || [id, source, target].includes(selected);
    return [edges.filter(stands), edges.filter((edge) => !stands(edge))];
  }, [edges, crowded, selected]);
  const parts = useMemo(() => nodes.map((node) => partOf(node, positions, drawn)), [nodes, positions, drawn]);
  const ways = useMemo(() => above.map((edge) => wayOf(edge, drawn)), [above, drawn]);
  const strokes = useMemo(() => strokesOf(below, curves, lit), [below, curves, lit]);
  const flowNodes = useUnchanged(parts);
  const flowEdges = useUnchanged(ways);
  const frame = useRef<HTMLDivElement>(null);
  const picture = useRef<Picked>(null);
  const flow = useRef<ReactFlowInstance<PartNode, WayEdge>>(null);
  const choose = useRef(onSelect);
  choose.current = (id) => id !== selected && onSelect(id);
  const handlers = useMemo(
    (): Partial<ReactFlowProps<PartNode, WayEdge>> => ({
      onInit: (instance) => {
        flow.current = instance;
      },
      // No state: nothing is to be rendered for it.
      onMoveStart: () => frame.current?.classList.add('moving'),
      onMoveEnd: () => frame.current?.classList.remove('moving'),
      onNodeClick: (_, { id }) => choose.current(id),
      onEdgeClick: (_, { id }) => choose.current(id),
      onPaneClick: ({ clientX: x, clientY: y }) => {
        const place = flow.current?.screenToFlowPosition({ x, y }, { snapToGrid: false });
        choose.current((place && picture.current?.at(place)) ?? '');
      },
      onSelectionChange: ({ nodes: [node], edges: [edge] }) => {
        const id = node?.id ?? edge?.id;
        if (id) choose.current(id);
      },
    }),
    [],
  );
  return (
    <ReactFlow
      key={shape}
      ref={frame}
      nodes={flowNodes}
      edges={flowEdges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      fitView
      minZoom={0.05}
      nodesConnectable={false}
      {...handlers}
    >
      {crowded && <WaysCanvas ref={picture} strokes={strokes} curves={curves} />}
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}
