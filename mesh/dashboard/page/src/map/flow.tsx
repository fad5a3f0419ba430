import type { Edge, Node } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { Controls, ReactFlow, type ReactFlowProps } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useMemo, useRef } from 'react';
import { type Drawn, type PartNode, partOf, useUnchanged, type WayEdge, wayOf } from './elements.ts';
import { layOut, shapeOf } from './layout.ts';
import { PartView } from './part-view.tsx';
import { WayView } from './way-view.tsx';

const NODE_TYPES = { part: PartView };
const EDGE_TYPES = { way: WayView };

/** The graph itself. Nothing moves but what the person moves: positions depend on which parts there are, not on their figures. */
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for both
  const positions = useMemo(() => layOut(nodes, edges), [shape]);
  const parts = useMemo(() => nodes.map((node) => partOf(node, positions, drawn)), [nodes, positions, drawn]);
  const ways = useMemo(() => edges.map((edge) => wayOf(edge, edges.length, drawn)), [edges, drawn]);
  const flowNodes = useUnchanged(parts);
  const flowEdges = useUnchanged(ways);
  const frame = useRef<HTMLDivElement>(null);
  const choose = useRef(onSelect);
  choose.current = (id) => id !== drawn.selected && onSelect(id);
  const handlers = useMemo(
    (): Partial<ReactFlowProps<PartNode, WayEdge>> => ({
      // No state: nothing is to be rendered for it.
      onMoveStart: () => frame.current?.classList.add('moving'),
      onMoveEnd: () => frame.current?.classList.remove('moving'),
      onNodeClick: (_, { id }) => choose.current(id),
      onEdgeClick: (_, { id }) => choose.current(id),
      onPaneClick: () => choose.current(''),
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
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}
