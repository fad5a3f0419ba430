/**
 * Whether the dashboard's numbers are those that a load generator counts: calls, errors by code and the 95th percentile of each RPC at the edge,
 * within 1 %. Everything between the edge and the services takes more than a second more, so that what a client itself needs for a call, which no server can
 * see (4 to 12 ms at the 95th percentile on two cores), is less than that 1 %; on a busy machine it is more, and the percentiles differ by it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Link } from '../../mesh/runtime/testing/link/link.ts';
import { type ServiceName, serviceNames } from '../../mesh/topology.ts';
import { startOwnMesh } from '../own-mesh.ts';
import { dashboardOf, firstOf } from './ask.ts';
import { compare, type Row } from './compare.ts';
import { Tally } from './tally.ts';
import { callers } from './traffic.ts';

const LATENCY_MS = 600;
const JITTER_MS = 100;
const AT_ONCE = 48;
/** They begin one after the other: all at once would be one burst after another, in which the edge takes requests later than they are sent. */
const APART_MS = 160;
/** Telemetry is sent every two seconds: nothing is called so long before and after what is counted. */
const QUIET_MS = 6_000;

export async function numbers(args: string[]): Promise<boolean> {
  const { values } = parseArgs({ args, options: { seconds: { type: 'string', default: '60' } } });
  const links = new Map(serviceNames.map((name) => [name, undefined as Link | undefined]));
  const own = await startOwnMesh('numbers', {
    dashboard: true,
    adapt: (ports) => {
      for (const name of serviceNames) links.set(name, new Link(0, ports.services[name].number));
      return (process, environment) => ({
        ...environment,
        ...(process === 'gateway' && routes(links)),
        // Phones call back nobody: what the edge answers is what is counted here.
        ...(process === 'simulators' && { EDGE_URL: 'http://127.0.0.1:1' }),
      });
    },
    prepare: async () => {
      for (const link of links.values()) await link?.start();
    },
  });
  try {
    const people = await callers(own);
    for (const link of links.values()) await link?.set({ kind: 'slow', latencyMs: LATENCY_MS, jitterMs: JITTER_MS });
    // The first calls open connections and compile what they run through.
    await load(people, 10_000, new Tally());
    await sleep(QUIET_MS);

    const tally = new Tally();
    const late = monitorEventLoopDelay({ resolution: 1 });
    late.enable();
    const startMs = Date.now();
    await load(people, Number(values.seconds) * 1_000, tally);
    late.disable();
    await sleep(QUIET_MS);
    const endMs = Date.now();

    const range = { endTime: timestampFromMs(endMs), length: durationFromMs(endMs - startMs) };
    const dashboard = await dashboardOf(own.mesh);
    const edge = await firstOf(dashboard.workloads.watchWorkload({ name: 'gateway', range }));
    const map = await firstOf(dashboard.map.watchMap({ range }));
    const rows: Row[] = [];
    for (const [rpc, counted] of tally.calls) {
      const shown = edge.rpcs.find((each) => each.rpc === rpc);
      rows.push(...compare(rpc, counted, shown?.signals, shown?.codes ?? {}, endMs - startMs));
    }
    const client = map.edges.find(({ id }) => id === 'client:client>gateway:gateway');
    rows.push(...compare('everything, on the map', tally.all(), client?.signals, undefined, endMs - startMs));
    console.log(`the load generator itself was late by ${(late.percentile(95) / 1e6).toFixed(1)} ms (p95)`);
    return print(rows);
  } finally {
    await own.stop();
    for (const link of links.values()) await link?.stop();
  }
}

/** The edge reaches every service over a link. */
const routes = (links: ReadonlyMap<ServiceName, Link | undefined>) =>
  Object.fromEntries(
    [...links].map(([name, link]) => [`${name.toUpperCase()}_URL`, `https://127.0.0.1:${link?.port}`]),
  );

async function load(people: Awaited<ReturnType<typeof callers>>, ms: number, tally: Tally): Promise<void> {
  const end = performance.now() + ms;
  const work = async (index: number) => {
    await sleep(index * APART_MS);
    for (let turn = index; performance.now() < end; turn += 1) await people[turn % people.length]?.(tally);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => work(index)));
}

function print(rows: readonly Row[]): boolean {
  console.log(`\n${'RPC'.padEnd(56)} ${'figure'.padEnd(24)} ${'counted'.padStart(10)} ${'shown'.padStart(10)}`);
  for (const { rpc, figure, counted, shown, held } of rows) {
    const off = counted === 0 ? '' : `${(((shown - counted) / counted) * 100).toFixed(2)} %`;
    const figures = [counted, shown].map((each) => each.toFixed(2).padStart(10)).join(' ');
    console.log(`${held ? '✓' : '✗'} ${rpc.padEnd(54)} ${figure.padEnd(24)} ${figures} ${off.padStart(9)}`);
  }
  const wrong = rows.filter(({ held }) => !held).length;
  console.log(wrong === 0 ? `✓ ${rows.length} figures within 1 %` : `✗ ${wrong} of ${rows.length} figures are off`);
  return wrong === 0;
}
