import { NodeKind } from '@kreki/gen/kreki/mesh/v1/map_service_pb.js';
import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import type { Signals } from '../signals/golden.ts';
import type { Answers } from '../sources/probes.ts';
import type { Sources } from '../sources/sources.ts';
import type { Graph, GraphNode } from './graph.ts';

const WORKLOADS = new Set([NodeKind.GATEWAY, NodeKind.SERVICE]);
/** Shares of calls without a fault below which something is degraded, or down. */
const DEGRADED_BELOW = 0.95;
const DOWN_BELOW = 0.9;
/** With fewer faults nothing is judged by its calls: one of the only two calls of a quiet night would else be an outage. */
const FAULTS_MIN = 3;
/** Events that wait longer than this say that their consumer does not keep up, in milliseconds. */
const LAG_MAX_MS = 10_000;

/** How a part is by its own word and by its calls; the worse of both. Who does not answer at all may yet be well, and is not known to be. */
export function healthOf(answers: Answers | undefined, signals: Signals): { health: Health; reason: string } {
  const { asked, serving, refusing, problem } = answers ?? NOT_ASKED;
  if (asked > 0 && serving === 0) {
    return refusing > 0
      ? { health: Health.DOWN, reason: 'it says that it does not serve' }
      : { health: Health.UNREACHABLE, reason: `it does not answer: ${problem}` };
  }
  const { calls, faults } = signals;
  const ratio = calls === 0 ? 1 : 1 - faults / calls;
  const reason = `${faults} of ${calls} calls failed`;
  const judged = faults >= FAULTS_MIN;
  if (judged && ratio < DOWN_BELOW) return { health: Health.DOWN, reason };
  if (judged && ratio < DEGRADED_BELOW) return { health: Health.DEGRADED, reason };
  if (serving < asked)
    return { health: Health.DEGRADED, reason: `${asked - serving} of ${asked} instances do not serve` };
  const few = faults > 0 && !judged ? `${reason}: too few to tell` : '';
  if (serving > 0 || calls > faults) return { health: Health.SERVING, reason: few };
  return { health: Health.UNSPECIFIED, reason: few || 'nothing was heard of it in this time' };
}

const NOT_ASKED: Answers = { asked: 0, serving: 0, refusing: 0, problem: '' };
const THERE: Answers = { ...NOT_ASKED, asked: 1, serving: 1 };

/** Says of every part how it is, and of every stream what waits. */
export function addHealth(graph: Graph, sources: Sources): void {
  const snapshot = sources.streams();
  const behind = new Map<string, string>();
  for (const { stream, durable, pending, ackPending, lagMs } of snapshot?.consumers ?? []) {
    for (const edge of graph.edges.values()) {
      if (edge.durable !== durable || edge.source !== `stream:${stream}`) continue;
      edge.pending = pending + ackPending;
      edge.lagMs = lagMs;
    }
    if (lagMs > LAG_MAX_MS) behind.set(stream, `${durable} is ${Math.round(lagMs / 1_000)} s behind`);
  }
  const streams = new Set(snapshot?.streams.map(({ name }) => name));
  /** A workload is asked, and a stream is there or is not; of other parts their calls tell. */
  const answersOf = ({ kind, title }: GraphNode): Answers | undefined => {
    if (kind === NodeKind.STREAM) return streams.has(title) ? THERE : undefined;
    return WORKLOADS.has(kind) ? sources.health(title) : undefined;
  };
  for (const node of graph.nodes.values()) {
    if (node.kind === NodeKind.CLIENT) continue;
    const { health, reason } = healthOf(answersOf(node), node.signals);
    node.health = health;
    node.healthReason = reason;
    const late = node.kind === NodeKind.STREAM ? behind.get(node.title) : undefined;
    if (late && node.health !== Health.DOWN) Object.assign(node, { health: Health.DEGRADED, healthReason: late });
  }
}
