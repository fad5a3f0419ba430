import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames, services } from '../../../topology.ts';
import { type ChaosEnvironment, MARK } from '../../environment/environment.ts';
import { PHONES } from '../../environment/routes.ts';
import { familyOf } from '../../faults/processes.ts';
import { nameOf, type Way } from '../../network/network.ts';
import type { LinkReading } from '../evidence.ts';

const PATIENCE_MS = 15_000;
const AGAIN_MS = 500;

/** Processes of a run that are not among those given: `name (pid)`. */
export function findOrphans(
  { mark, folder }: Pick<ChaosEnvironment, 'mark' | 'folder'>,
  known: ReadonlySet<number>,
): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && !known.has(pid) && belongs(pid, mark, folder))
    .map((pid) => `${commandOf(pid).slice(0, 80)} (${pid})`);
}

/** Those that are supervised, and what they started. */
export function supervised({ parts }: Pick<ChaosEnvironment, 'parts'>): ReadonlySet<number> {
  const pids = [...parts.values()].flatMap(({ process }) => (process.pid === undefined ? [] : familyOf(process.pid)));
  return new Set(pids.map(({ pid }) => pid));
}

/** Parts that do not answer, asked again for a while: the machine may be busy with something else. */
export async function findUnhealthy({ parts }: Pick<ChaosEnvironment, 'parts'>): Promise<string[]> {
  const asked = [...parts.values()].map(async ({ name, probe }) => {
    for (const endMs = performance.now() + PATIENCE_MS; performance.now() < endMs; await sleep(AGAIN_MS)) {
      if (await probe().catch(() => false)) return [];
    }
    return [name];
  });
  return (await Promise.all(asked)).flat();
}

export async function readLinks({ network, routes }: ChaosEnvironment): Promise<LinkReading[]> {
  const states = await network.states();
  return routes.ways.map((way) => {
    const name = nameOf(way);
    const { connections = 0, dangling = 0, forgotten = 0 } = states[name] ?? {};
    return { name, connections, dangling, forgotten, most: mostOf(way, routes.processOf(way.to)) };
  });
}

/** Of the pool, for the relay, and for whatever asks once a while. */
const POOL = 12 + 1 + 1;
const PER_PEER = 2;
const TO_PROVIDERS = 200;
const FROM_PHONES = 2_000;

/** Connections that one process keeps to another at most, when nothing is left behind. */
function mostOf({ from, to }: Way, process: string): number {
  if (from === PHONES) return FROM_PHONES;
  if (process === 'simulators' || from === 'simulators') return TO_PROVIDERS;
  if (to === 'postgres') {
    const service = serviceNames.find((name) => name === from);
    return POOL + (service ? services[service].consumes.length : 0);
  }
  return to === 'nats' ? 1 : PER_PEER;
}

/** Servers get an empty environment, but their folder on the command line. */
function belongs(pid: number, mark: string, folder: string): boolean {
  return read(pid, 'environ').includes(`${MARK}=${mark}\0`) || commandOf(pid).includes(`${tail(folder)}/servers`);
}

/** Where the servers' data lies elsewhere, this much of its path is the same. */
const tail = (folder: string): string => folder.split('/').slice(-2).join('/');

const commandOf = (pid: number): string => read(pid, 'cmdline').replaceAll('\0', ' ').trim();

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
