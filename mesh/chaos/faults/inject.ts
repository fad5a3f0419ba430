import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition } from '@kreki/runtime/testing/link/condition';
import { Redis } from 'ioredis';
import pg from 'pg';
import { identify, type ProcessIdentity } from '../../local/process-identity.ts';
import { restartable } from '../../local/restart.ts';
import type { ChaosEnvironment } from '../environment/environment.ts';
import type { Way } from '../network/network.ts';
import type { Conditions } from './conditions.ts';
import type { Cut, Fault, Pair, PartName } from './fault.ts';
import { familyOf, gone, send } from './processes.ts';

/** A service may take this long to end when it is asked to. */
const STOP_LIMIT_MS = 20_000;

/** What a fault needs to happen. */
export interface Injection {
  readonly environment: ChaosEnvironment;
  readonly conditions: Conditions;
  /** Told of each process that is about to be ended. */
  readonly ending: (process: string) => void;
  /** Waits that end when the run does. */
  readonly signal: AbortSignal;
}

/** Makes a fault happen; resolves when it is over, whatever it takes the mesh to recover. */
export async function inject(fault: Fault, on: Injection): Promise<void> {
  switch (fault.kind) {
    case 'kill':
      return kill(fault.target, on);
    case 'crash':
      return crashPostgres(on);
    case 'pause':
      return pause(fault.target, fault.forMs, on);
    case 'restart':
      return restart(fault.target, on);
    case 'roll':
      return roll(on);
    case 'lose':
      return fault.how === 'flush' ? flushRedis(on) : loseRedisFiles(on);
    case 'partition':
      return lasting(fault.between, cutOf(fault.cut, on), fault.forMs, on);
    case 'forget':
      await Promise.all(waysOf(fault.between, on).map((way) => on.environment.network.forget(way)));
      return;
    case 'latency': {
      const { between, latencyMs, jitterMs, forMs } = fault;
      return lasting(between, () => ({ kind: 'slow', latencyMs, jitterMs }), forMs, on);
    }
    case 'backlog':
      return during(on.environment.routes.of('nats'), () => ({ kind: 'refused' }), fault.forMs, on);
    case 'provider':
      return misbehave(fault, on);
    default:
      return fault satisfies never;
  }
}

function runningOf(name: PartName, { environment }: Injection): ProcessIdentity | undefined {
  const pid = environment.parts.get(name)?.process.pid;
  return pid === undefined ? undefined : identify(pid);
}

async function kill(name: PartName, on: Injection): Promise<void> {
  const running = runningOf(name, on);
  if (!running) return;
  on.ending(name);
  send([running], 'SIGKILL');
  await gone(running, STOP_LIMIT_MS);
}

async function restart(name: PartName, on: Injection): Promise<void> {
  const running = runningOf(name, on);
  if (!running) return;
  on.ending(name);
  send([running], on.environment.parts.get(name)?.process.spec.stopSignal ?? 'SIGTERM');
  await gone(running, STOP_LIMIT_MS);
}

/** As `npm run restart -- all` does it; one that another fault takes away meanwhile is left to its launcher. */
async function roll({ environment, signal }: Injection): Promise<void> {
  for (const name of restartable) {
    signal.throwIfAborted();
    await environment.parts
      .get(name)
      ?.process.replace()
      .catch(() => undefined);
  }
}

async function pause(name: PartName, forMs: number, on: Injection): Promise<void> {
  const running = runningOf(name, on);
  if (!running) return;
  const family = familyOf(running.pid);
  send(family, 'SIGSTOP');
  try {
    await sleep(forMs, undefined, { signal: on.signal });
  } finally {
    send(family, 'SIGCONT');
  }
}

async function crashPostgres(on: Injection): Promise<void> {
  const database = new pg.Client({ connectionString: on.environment.up.urls.postgres });
  database.on('error', () => undefined);
  await database.connect();
  const { rows } = await database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
     ORDER BY query_start DESC LIMIT 1`,
  );
  await database.end();
  const [session] = rows.flatMap(({ pid }) => identify(pid) ?? []);
  if (session) send([session], 'SIGKILL');
}

async function flushRedis({ environment }: Injection): Promise<void> {
  const redis = new Redis(environment.up.urls.redis, { lazyConnect: true, maxRetriesPerRequest: 20 });
  redis.on('error', () => undefined);
  await redis.connect().catch(() => undefined);
  await redis.flushall();
  redis.disconnect();
}

async function loseRedisFiles(on: Injection): Promise<void> {
  const folder = join(on.environment.folder, 'servers/redis/appendonlydir');
  // The files go first: what it writes into them until it is killed is lost with them.
  rmSync(folder, { recursive: true, force: true });
  await kill('redis', on);
}

function cutOf(cut: Cut, { environment }: Injection): (way: Way, between: Pair) => Condition {
  return (way, [one]) => {
    if (cut === 'refused') return { kind: 'refused' };
    if (cut === 'silent') return { kind: 'silent', direction: 'both' };
    // "There" is from the first of the pair to the second, whoever of them opened the connection.
    const forwards = (environment.routes.processOf(way.from) === one) === (cut === 'silent there');
    return { kind: 'silent', direction: forwards ? 'there' : 'back' };
  };
}

const waysOf = ([one, other]: Pair, { environment }: Injection) => environment.routes.between(one, other);

const lasting = (
  between: Pair,
  conditionOf: (way: Way, between: Pair) => Condition,
  forMs: number,
  on: Injection,
): Promise<void> => during(waysOf(between, on), (way) => conditionOf(way, between), forMs, on);

async function during(
  ways: readonly Way[],
  conditionOf: (way: Way) => Condition,
  forMs: number,
  { conditions, signal }: Injection,
): Promise<void> {
  const end = await conditions.put(ways, conditionOf);
  await sleep(forMs, undefined, { signal }).finally(end);
}

async function misbehave(
  { provider, fault, times }: Extract<Fault, { kind: 'provider' }>,
  { environment, signal }: Injection,
): Promise<void> {
  const body = JSON.stringify({ provider, fault, times, ...(fault === 'slow' && { delayMs: 2_000 }) });
  // The simulators may be away themselves at this moment.
  for (let attempt = 0; attempt < 20; attempt++) {
    const answer = await fetch(`${environment.up.mesh.simulatorsUrl}/control`, { method: 'POST', body, signal }).catch(
      () => undefined,
    );
    if (answer?.status === 201) return;
    await sleep(500, undefined, { signal });
  }
}
