import pg from 'pg';
import type { Outcome } from '../generator/order.ts';
import type { Subject, Target } from '../harness/sample.ts';
import { installPeers } from '../peers/install.ts';
import type { Peer, StartPeer } from '../peers/peer.ts';
import { rabbitMqMissing } from '../peers/rabbitmq.ts';
import { startConnect } from '../peers/start-connect.ts';
import { startFastify } from '../peers/start-fastify.ts';
import { startNest } from '../peers/start-nest.ts';
import { checkDuties } from './duties.ts';
import { loaded, Pace } from './loaded.ts';
import { citizensFile } from './people.ts';
import { closePresses, PEOPLE, pressLoads } from './presses.ts';
import { openDispatch } from './put-off.ts';
import type { Workload } from './workload.ts';

type Protocol = 'Connect' | 'REST';

/** What is measured beside the mesh. */
interface Kind {
  readonly name: string;
  readonly start: StartPeer;
  /** The protocol that it is pressed by. */
  readonly over: Protocol;
  /** How many times as much the mesh is to take. */
  readonly times: number;
  /** What is not installed; undefined when everything is. */
  readonly missing?: () => string | undefined;
}

const KINDS: readonly Kind[] = [
  { name: 'NestJS', start: startNest, over: 'REST', times: 5, missing: rabbitMqMissing },
  { name: 'Fastify', start: startFastify, over: 'REST', times: 1.5 },
  { name: 'connect-node', start: startConnect, over: 'Connect', times: 2 },
];

const NO_PLACE = { latitude: 91, longitude: 110.2 };

const meshOver = (protocol: Protocol) => `mesh, ${protocol}`;

/** Who is left out, and why: sentences for the report. */
export const missingNotes = (kinds: readonly Pick<Kind, 'name' | 'missing'>[]): string[] =>
  kinds.flatMap(({ name, missing }) => {
    const what = missing?.();
    return what ? [`${name}: not measured, since ${what}.`] : [];
  });

/** The same panic by the mesh and by what others would build, on the same PostgreSQL. */
export const peers: Workload = async ({ own, generator, options }) => {
  await installPeers();
  const people = await citizensFile(own, PEOPLE);
  const loads = pressLoads(own.mesh, people);
  const badLoads = pressLoads(own.mesh, people, NO_PLACE);
  const pace = new Pace();
  const subjects: Subject[] = [];
  const ends: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };

  const add = async (name: string, over: Protocol, measured: Omit<Peer, 'stop'>) => {
    const { url, databaseUrl, processes, takeEvents } = measured;
    const database = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    const dispatch = openDispatch(own.urls.postgres, databaseUrl);
    ends.push(async () => {
      await dispatch.takeUp().finally(dispatch.close);
      await database.end();
    });
    await dispatch.putOff();
    const load = { ...loads[over], url };
    await checkDuties(name, { good: load, bad: { ...badLoads[over], url } }, database);
    await closePresses(database, 1);
    await takeEvents?.();
    await generator.prepare(`peers ${name}`, load);
    const loading = {
      name,
      closed: (seconds: number) => generator.closed(`peers ${name}`, seconds, options.callers),
      open: (seconds: number, perSecond: number) => generator.open(`peers ${name}`, seconds, perSecond),
      processes,
      after: async ({ calls }: Outcome) => {
        await closePresses(database, calls);
        const events = await takeEvents?.();
        if (events === undefined || events >= calls) return;
        throw new Error(`${name} acknowledged ${calls} presses and stored ${events} events`);
      },
    };
    subjects.push(loaded(loading, options, pace));
  };

  try {
    const { edgeUrl: url, databaseUrls } = own.mesh;
    const mesh = { url, databaseUrl: databaseUrls.emergency, processes: own.processes };
    for (const protocol of ['REST', 'Connect'] as const) await add(meshOver(protocol), protocol, mesh);
    for (const { name, start, over, missing } of KINDS) {
      if (missing?.()) continue;
      const peer = await start(own);
      ends.push(() => peer.stop());
      const processes = () => new Map([...peer.processes(), ['postgres', own.processes().get('postgres') ?? 0]]);
      await add(name, over, { ...peer, processes });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    subjects,
    targets: KINDS.flatMap(({ name, over, times }): Target[] => [
      { subject: meshOver(over), figure: 'perSecond', against: name, atLeast: times },
      { subject: meshOver(over), figure: 'p99Ms', against: name, below: 1 },
    ]),
    turns: {
      length: `${options.seconds} s`,
      latency: 'from the intended moment of a press to its answer, of all at the same rate',
    },
    captions: {
      'peers-throughput.svg': 'How many presses a second each takes at most, beside whatever else it does for them.',
      'peers-cpu.svg':
        'Who works for one press. A process of a peer has the name of the one of the mesh that does the same; the NATS server of connect-node is within its emergency.',
    },
    notes: [
      'The same panic by what a team would build otherwise ([what each is](../peers/README.md)): the same validation, the same check of the same tokens, the same table on the same PostgreSQL with the same settings, each in a database of its own. Before it is measured each is seen to refuse who is not signed in, a token that was changed and a place that is none, and to take a second press for the first; after each load the presses and events on record are counted.',
      'Latency of all is measured at the same rate, half of what the slowest takes.',
      'Dispatch comes after the answer and is put off for all of them by the same trigger. The mesh tells its other services of each press, limits how often somebody presses and knows sessions that have ended, which the peers do not; that is in its throughput and CPU time. Nobody handles the peers’ events.',
      ...missingNotes(KINDS),
    ],
    close,
  };
};
