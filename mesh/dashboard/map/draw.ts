import { before } from '../signals/range.ts';
import type { Sources } from '../sources/sources.ts';
import type { Span } from '../store/metrics.ts';
import type { Telemetry } from '../store/telemetry.ts';
import { addDeclared } from './declared.ts';
import { Graph } from './graph.ts';
import { addHealth } from './health.ts';
import { addObserved } from './observed.ts';
import { addProxies } from './proxies.ts';

/** The graph of a span of time: what the topology names, what was measured, and how each part is. */
export function drawGraph(telemetry: Telemetry, sources: Sources, span: Span, withPrevious = false): Graph {
  const graph = new Graph();
  addDeclared(graph);
  addObserved(graph, telemetry, span);
  if (withPrevious) addObserved(graph, telemetry, before(span), 'previous');
  addProxies(graph, sources.proxies(span) ?? []);
  addHealth(graph, sources);
  return graph;
}
