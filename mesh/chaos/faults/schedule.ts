import { type Random, random } from '../../local/seed/random.ts';
import { gateway, serviceNames, services } from '../../topology.ts';
import { PHONES } from '../environment/routes.ts';
import { type Cut, type Fault, PARTS, type Pair, type ScheduledFault } from './fault.ts';

export type FaultKind = Fault['kind'];

/** How often each kind comes in one round of all of them. */
const ROUND: Readonly<Record<FaultKind, number>> = {
  kill: 9,
  pause: 4,
  partition: 5,
  restart: 4,
  latency: 3,
  forget: 3,
  lose: 2,
  crash: 1,
  roll: 1,
  backlog: 1,
  provider: 3,
};

export const faultKinds = Object.keys(ROUND) as FaultKind[];

export interface ScheduleOptions {
  readonly seed: number;
  readonly count: number;
  /** Faults begin within this, in milliseconds from the beginning of the load. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Only of these kinds. */
  readonly kinds?: readonly FaultKind[] | undefined;
}

/** Draws faults and their times: the same for the same options. */
export function drawSchedule({ seed, count, fromMs, toMs, kinds = faultKinds }: ScheduleOptions): ScheduledFault[] {
  const draw = random(seed);
  const kind = fromBag(draw, () => kinds.flatMap((each) => Array<FaultKind>(ROUND[each]).fill(each)));
  const targets = new Targets(draw);
  // One in each slot of equal length: faults overlap now and then, and are never all at once.
  const slotMs = (toMs - fromMs) / count;
  return Array.from({ length: count }, (_, index) => {
    const atMs = Math.round(fromMs + slotMs * (index + draw.uniform()));
    return { atMs, fault: drawFault(kind(), draw, targets) };
  });
}

/** Takes turns, so that even a short schedule goes over many. */
class Targets {
  readonly part: () => (typeof PARTS)[number];
  readonly #pair: () => Pair;
  readonly #draw: Random;

  constructor(draw: Random) {
    this.#draw = draw;
    this.part = fromBag(draw, () => PARTS);
    this.#pair = fromBag(draw, neighbours);
  }

  pair(): Pair {
    return this.#pair();
  }

  cut(): Cut {
    return this.#draw.pick<Cut>(['refused', 'silent', 'silent there', 'silent back']);
  }
}

function drawFault(kind: FaultKind, draw: Random, targets: Targets): Fault {
  const between = (low: number, high: number) => Math.round(low + draw.uniform() * (high - low));
  switch (kind) {
    case 'kill':
    case 'restart':
      return { kind, target: targets.part() };
    case 'pause':
      return { kind, target: targets.part(), forMs: between(1_000, 9_000) };
    case 'partition':
      return { kind, between: targets.pair(), cut: targets.cut(), forMs: between(2_000, 14_000) };
    case 'forget':
      return { kind, between: targets.pair() };
    case 'latency': {
      const latencyMs = between(20, 400);
      return {
        kind,
        between: targets.pair(),
        latencyMs,
        jitterMs: between(0, latencyMs),
        forMs: between(4_000, 15_000),
      };
    }
    case 'lose':
      return { kind, how: draw.pick(['flush', 'files']) };
    case 'backlog':
      return { kind, forMs: between(12_000, 25_000) };
    case 'provider':
      return {
        kind,
        provider: draw.pick(['fcm', 'whatsapp', 'smtp']),
        fault: draw.pick(['unavailable', 'internal', 'slow', 'reset', 'repeat', 'shuffle']),
        times: between(5, 30),
      };
    case 'crash':
    case 'roll':
      return { kind };
    default:
      return kind satisfies never;
  }
}

/** Whoever speaks with whom, by the topology. */
export function neighbours(): Pair[] {
  const pairs: Pair[] = [
    [PHONES, 'gateway'],
    ['simulators', 'gateway'],
    ['gateway', 'redis'],
    ...Object.keys(gateway.calls).map((service): Pair => ['gateway', service]),
  ];
  for (const name of serviceNames) {
    const { calls, stores, publishes, consumes, providers } = services[name];
    for (const callee of Object.keys(calls)) pairs.push([name, callee]);
    if (stores.postgres) pairs.push([name, 'postgres']);
    if (stores.redis) pairs.push([name, 'redis']);
    if (publishes || consumes.length > 0) pairs.push([name, 'nats']);
    if (providers) pairs.push([name, 'simulators']);
  }
  return pairs;
}

/** Everything in turn, in an order drawn anew for each round. */
function fromBag<T>(draw: Random, fill: () => readonly T[]): () => T {
  let bag: T[] = [];
  return () => {
    if (bag.length === 0) bag = [...fill()];
    const [taken] = bag.splice(Math.floor(draw.uniform() * bag.length), 1);
    return taken as T;
  };
}
