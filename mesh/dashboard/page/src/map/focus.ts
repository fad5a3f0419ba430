import type { Edge, Node } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';

/** A node, and everything one step away from it. */
export function neighbourhood(id: string, nodes: readonly Node[], edges: readonly Edge[]) {
  const touching = edges.filter(({ source, target }) => source === id || target === id);
  const near = new Set([id, ...touching.flatMap(({ source, target }) => [source, target])]);
  return { nodes: nodes.filter((node) => near.has(node.id)), edges: touching };
}

/** Without what nothing passes, and nodes that are left without an edge because of it. */
export function withoutIdle(nodes: readonly Node[], edges: readonly Edge[]) {
  const busy = edges.filter(({ signals, pending }) => (signals?.calls ?? 0n) > 0n || pending > 0n);
  const touched = new Set(busy.flatMap(({ source, target }) => [source, target]));
  return { nodes: nodes.filter(({ id }) => touched.has(id)), edges: busy };
}

/** Ids of nodes whose name holds the text. */
export function found(text: string, nodes: readonly Node[]): ReadonlySet<string> {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return new Set();
  return new Set(nodes.filter(({ title }) => title.toLowerCase().includes(wanted)).map(({ id }) => id));
}
