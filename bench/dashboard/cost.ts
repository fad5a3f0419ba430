/**
 * What telemetry costs: two meshes of their own, one that sends all of it to its dashboard and one that sends none, are pressed in turns. A
 * press is a whole one: over the edge, by somebody signed in, whose emergency they cancel before they press again. They press where nobody is
 * on duty, so that presses are counted and not messages.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CancelReason } from '@kreki/gen/kreki/emergency/v1/emergency_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { cpuSecondsOf } from '../cpu.ts';
import { citizens } from '../load/citizens.ts';
import { device } from '../load/edge.ts';
import { percentile } from '../load/percentiles.ts';
import { type OwnMesh, startOwnMesh } from '../own-mesh.ts';

const TARGET = 0.9;
const AT_ONCE = 16;
/** Enough that nobody presses more often than the edge allows. */
const PEOPLE = 240;
/** On the sea between the islands. */
const NOWHERE = { latitude: -5.2, longitude: 110.2 };
const SETTLE_MS = 4_000;
const REST_MS = 10_000;

interface Side {
  readonly name: 'on' | 'off';
  readonly own: OwnMesh;
  /** One press and its cancellation; rejects when either fails. */
  readonly press: () => Promise<void>;
  readonly perSecond: number[];
  /** CPU time of a press in milliseconds, by process, beside what the process uses while nobody presses. */
  readonly cpu: Map<string, number[]>;
  /** Seconds of CPU time that each process uses in a second in which nobody presses. */
  idle: ReadonlyMap<string, number>;
}

export async function cost(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '7' }, seconds: { type: 'string', default: '15' } },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const started: OwnMesh[] = [];
  try {
    const sides: Side[] = [];
    for (const name of ['off', 'on'] as const) {
      const own = await startOwnMesh(`telemetry-${name}`, { dashboard: name === 'on' });
      started.push(own);
      sides.push({ name, own, press: await presser(own), perSecond: [], cpu: new Map(), idle: new Map() });
    }
    for (const side of sides) await round(side, seconds);
    await rest(sides);
    console.log('round        off         on   (presses a second)');
    for (let turn = 1; turn <= rounds; turn += 1) {
      // Who begins changes, so that neither always comes after the other.
      for (const side of turn % 2 === 0 ? sides.toReversed() : sides) await round(side, seconds);
      const figures = sides.map(({ perSecond }) => (perSecond.at(-1) ?? 0).toFixed(1).padStart(10));
      console.log(`${String(turn).padStart(5)} ${figures.join(' ')}`);
    }
    return report(sides);
  } finally {
    for (const own of started) await own.stop();
  }
}

/** Its own processes, without the servers. */
const nodesOf = ({ nodes }: OwnMesh) => new Map(nodes.map(({ process }) => [process.spec.name, process.pid ?? 0]));

async function presser({ mesh, folder }: OwnMesh): Promise<() => Promise<void>> {
  console.log(`registering ${PEOPLE} people …`);
  const people = await citizens(mesh.edgeUrl, PEOPLE, join(folder, 'citizens.json'));
  const clients = people.map((citizen) => device(mesh.edgeUrl, EmergencyService, citizen));
  let next = 0;
  return async () => {
    const client = clients[next++ % clients.length];
    const answer = await client?.triggerPanic({ location: NOWHERE });
    await client?.cancel({ id: answer?.emergency?.id ?? '', reason: CancelReason.FALSE_ALARM });
  };
}

/** Forgets the first round, in which everything was compiled, and measures what is used at rest. */
async function rest(sides: readonly Side[]): Promise<void> {
  const before = sides.map(({ own }) => cpuSecondsOf(nodesOf(own)));
  await sleep(REST_MS);
  for (const [index, side] of sides.entries()) {
    side.perSecond.length = 0;
    side.cpu.clear();
    side.idle = differences(before[index], cpuSecondsOf(nodesOf(side.own)), (seconds) => (seconds * 1_000) / REST_MS);
  }
}

const differences = (
  before: ReadonlyMap<string, number> | undefined,
  after: ReadonlyMap<string, number>,
  scale: (seconds: number, name: string) => number,
) => new Map([...after].map(([name, seconds]) => [name, scale(seconds - (before?.get(name) ?? 0), name)]));

async function round({ own, press, perSecond, cpu, idle }: Side, seconds: number): Promise<void> {
  const before = cpuSecondsOf(nodesOf(own));
  const startMs = performance.now();
  let presses = 0;
  const work = async () => {
    while (performance.now() - startMs < seconds * 1_000) {
      await press();
      presses += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  perSecond.push((presses * 1_000) / (performance.now() - startMs));
  // What the presses left to do is theirs, and does not fall into the other side's turn.
  await sleep(SETTLE_MS);
  const wallSeconds = (performance.now() - startMs) / 1_000;
  const spentMs = differences(before, cpuSecondsOf(nodesOf(own)), (used, name) => {
    return ((used - (idle.get(name) ?? 0) * wallSeconds) * 1_000) / presses;
  });
  for (const [name, each] of spentMs) cpu.set(name, [...(cpu.get(name) ?? []), each]);
}

const median = (values: readonly number[] = []) => percentile(values, 50) ?? 0;

function report(sides: readonly Side[]): boolean {
  const [off, on] = sides;
  console.log('\nCPU of a press in ms      off         on');
  for (const name of new Set(sides.flatMap(({ cpu }) => [...cpu.keys()]))) {
    const figures = sides.map(({ cpu }) => median(cpu.get(name)).toFixed(2).padStart(10));
    console.log(`${name.padEnd(18)} ${figures.join(' ')}`);
  }
  const sums = sides.map(({ cpu }) => [...cpu.values()].reduce((sum, each) => sum + median(each), 0));
  console.log(`${'together'.padEnd(18)} ${sums.map((sum) => sum.toFixed(2).padStart(10)).join(' ')}`);
  const ratio = median(on?.perSecond) / median(off?.perSecond);
  const held = ratio >= TARGET;
  const medians = sides.map(({ name, perSecond }) => `${name} ${median(perSecond).toFixed(1)}/s`).join(', ');
  console.log(`\n${held ? '✓' : '✗'} medians: ${medians}; ratio ${ratio.toFixed(3)}, at least ${TARGET}`);
  return held;
}
