import { join } from 'node:path';
import pg from 'pg';
import { type BroughtUp, bringUp } from '../../local/bring-up.ts';
import type { Probe } from '../../local/health.ts';
import { Processes } from '../../local/processes.ts';
import { seedRoster } from '../../local/seed.ts';
import { serverProbes } from '../../local/servers/provide.ts';
import type { Steps } from '../../local/steps.ts';
import type { SupervisedProcess } from '../../local/supervised-process.ts';
import { Network } from '../network/network.ts';
import { findPortBlock } from './port-block.ts';
import { makePeople, type People } from './roster.ts';
import { endpointsOf, PHONES, Routes } from './routes.ts';

/** Marks every process of a run in its environment, by which those that outlive it are found. */
export const MARK = 'CHAOS_RUN';

/** Shorter than in service, so that minutes hold what hours would: offers that run out, emergencies that are handed over. */
export const PACE = {
  offerTimeoutMs: 10_000,
  escalateMs: { critical: 15_000, urgent: 20_000, normal: 25_000 },
} as const;

const SETTINGS: Readonly<Record<string, string>> = {
  DISPATCH_OFFER_TIMEOUT: `${PACE.offerTimeoutMs}ms`,
  DISPATCH_ESCALATE_CRITICAL: `${PACE.escalateMs.critical}ms`,
  DISPATCH_ESCALATE_URGENT: `${PACE.escalateMs.urgent}ms`,
  DISPATCH_ESCALATE_NORMAL: `${PACE.escalateMs.normal}ms`,
  DISPATCH_CHECK_OFFERS: '5s',
};

/** A process of the mesh, under the name that faults call it by. */
export interface Part {
  readonly name: string;
  readonly process: SupervisedProcess;
  readonly probe: Probe;
}

/** A process that ended without the launcher having asked it to. */
export interface End {
  readonly name: string;
  readonly atMs: number;
  readonly reason: string;
}

export interface ChaosEnvironment {
  readonly folder: string;
  readonly mark: string;
  readonly up: BroughtUp;
  readonly network: Network;
  readonly routes: Routes;
  readonly parts: ReadonlyMap<string, Part>;
  readonly ends: readonly End[];
  readonly people: People;
  /** The edge as the people's phones reach it. */
  readonly phones: { readonly edgeUrl: string; readonly h2cUrl: string };
  logFile(process: string): string;
  stop(): Promise<void>;
}

export interface EnvironmentOptions {
  readonly folder: string;
  readonly seed: number;
  readonly volunteers: number;
  /** First of its ports; some that are free when not given. */
  readonly firstPort?: number | undefined;
  readonly steps: Steps;
}

/** Starts a mesh of its own with a link between any two parts. What was started is stopped when the start fails. */
export async function startEnvironment(options: EnvironmentOptions): Promise<ChaosEnvironment> {
  const { folder, seed, volunteers, steps } = options;
  const block = await findPortBlock(options.firstPort);
  const mark = `${process.pid}-${Date.now()}`;
  const ends: End[] = [];
  const network = new Network();
  const routes = new Routes(endpointsOf(block.ports), network, block.next);
  const processes = new Processes({
    folder,
    onEnd: (name, reason) => ends.push({ name, reason, atMs: Date.now() }),
  });
  const stop = async () => {
    await processes.stop();
    await network.stop();
  };
  try {
    const up = await bringUp({
      folder,
      env: { ...withoutServers(process.env), ...SETTINGS, [MARK]: mark },
      disposable: true,
      ports: block.ports,
      processes,
      steps,
      adapt: (name, environment) => ({
        ...routes.rerouteAll(name, environment),
        // A phone forgets nothing when a provider's process is killed.
        ...(name === 'simulators' && { LEDGER_FILE: join(folder, 'phones.jsonl') }),
      }),
    });
    const phones = {
      edgeUrl: routes.reroute(PHONES, up.mesh.edgeUrl),
      h2cUrl: routes.reroute(PHONES, up.mesh.h2cUrl),
    };
    await routes.opened();
    const people = makePeople(seed, volunteers, await regencyCodes(up));
    await steps.run('people', () => seedRoster(up.mesh, people.roster).then(() => `${volunteers} volunteers`));
    const servers = Object.entries(serverProbes(up.urls)).map(([name, probe]) => ({ name, probe }));
    const parts = [
      ...up.nodes.map(({ process, probe }): Part => ({ name: process.spec.name, process, probe })),
      ...servers.map(({ name, probe }): Part => ({ name, probe, process: processes.find(name) })),
    ];
    return {
      folder,
      mark,
      up,
      network,
      routes,
      parts: new Map(parts.map((part) => [part.name, part])),
      ends,
      people,
      phones,
      logFile: (name) => processes.logFile(name),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Everything but what names servers: these are its own. */
function withoutServers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(TEST_)?(POSTGRES|NATS|REDIS)_URL$/.test(name)));
}

async function regencyCodes({ databaseUrls }: BroughtUp): Promise<string[]> {
  const database = new pg.Client({ connectionString: databaseUrls.emergency });
  await database.connect();
  try {
    const { rows } = await database.query<{ code: string }>('SELECT code FROM regencies ORDER BY code');
    return rows.map(({ code }) => code);
  } finally {
    await database.end();
  }
}
