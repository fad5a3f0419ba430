import { formatDuration } from '../../local/steps.ts';
import { serviceNames } from '../../topology.ts';

/** The processes of the mesh's own, and its servers. */
export const NODES = [...serviceNames, 'gateway', 'simulators'] as const;
export const SERVERS = ['postgres', 'nats', 'redis'] as const;
export const PARTS = [...NODES, ...SERVERS] as const;

export type Node = (typeof NODES)[number];
export type PartName = (typeof PARTS)[number];

/** How a partition shows: at once, or as a black hole both ways, for requests only, or for answers only. */
export type Cut = 'refused' | 'silent' | 'silent there' | 'silent back';

/** Something that goes wrong. Durations in milliseconds. */
export type Fault =
  /** SIGKILL. */
  | { readonly kind: 'kill'; readonly target: PartName }
  /** SIGKILL to one of PostgreSQL's sessions, upon which it ends all others and recovers. */
  | { readonly kind: 'crash' }
  /** SIGSTOP, then SIGCONT. */
  | { readonly kind: 'pause'; readonly target: PartName; readonly forMs: number }
  /** Asked to end; its launcher starts it again. */
  | { readonly kind: 'restart'; readonly target: PartName }
  /** Every service and the gateway replaced, one after the other. */
  | { readonly kind: 'roll' }
  /** Redis forgets everything: it is told to, or ends and finds its files gone. */
  | { readonly kind: 'lose'; readonly how: 'flush' | 'files' }
  | { readonly kind: 'partition'; readonly between: Pair; readonly cut: Cut; readonly forMs: number }
  /** Every connection between two parts becomes half-open. */
  | { readonly kind: 'forget'; readonly between: Pair }
  | {
      readonly kind: 'latency';
      readonly between: Pair;
      readonly latencyMs: number;
      readonly jitterMs: number;
      readonly forMs: number;
    }
  /** NATS is out of everybody's reach, so that outboxes fill. */
  | { readonly kind: 'backlog'; readonly forMs: number }
  /** A provider answers wrongly a number of times. */
  | {
      readonly kind: 'provider';
      readonly provider: 'fcm' | 'whatsapp' | 'smtp';
      readonly fault: 'unavailable' | 'internal' | 'slow' | 'reset' | 'repeat' | 'shuffle';
      readonly times: number;
    };

export type Pair = readonly [string, string];

/** A fault and when it begins, in milliseconds after the load began. */
export interface ScheduledFault {
  readonly atMs: number;
  readonly fault: Fault;
}

/** In words, the same for the same fault. */
export function describe(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return `kill -9 ${fault.target}`;
    case 'crash':
      return 'kill -9 a session of postgres';
    case 'pause':
      return `stop ${fault.target} for ${formatDuration(fault.forMs)}`;
    case 'restart':
      return `restart ${fault.target}`;
    case 'roll':
      return 'every service and the gateway replaced, one after the other';
    case 'lose':
      return fault.how === 'flush' ? 'redis is flushed' : 'kill -9 redis, its files lost';
    case 'partition':
      return `${fault.between.join(' — ')} ${fault.cut} for ${formatDuration(fault.forMs)}`;
    case 'forget':
      return `${fault.between.join(' — ')} connections half-open`;
    case 'latency': {
      const { between, latencyMs, jitterMs, forMs } = fault;
      return `${between.join(' — ')} ${latencyMs}–${latencyMs + jitterMs} ms slower for ${formatDuration(forMs)}`;
    }
    case 'backlog':
      return `nats out of reach for everybody for ${formatDuration(fault.forMs)}: outboxes fill`;
    case 'provider':
      return `${fault.provider} ${fault.fault}, ${fault.times} times`;
    default:
      return fault satisfies never;
  }
}

/** Minutes and seconds since the load began. */
export const clock = (ms: number): string => {
  const seconds = Math.max(0, ms) / 1_000;
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`;
};
