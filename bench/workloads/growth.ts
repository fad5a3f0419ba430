import pg from 'pg';
import { withCpu } from '../cpu.ts';
import type { Load, Outcome } from '../generator/order.ts';
import type { Subject } from '../harness/sample.ts';
import { startOwnMesh } from '../own-mesh.ts';
import type { Replica } from '../replicas.ts';
import { rest, sampleOf } from './loaded.ts';
import { citizensFile } from './people.ts';
import { closePresses, PEOPLE, pressLoads } from './presses.ts';
import { openDispatch } from './put-off.ts';
import { searches } from './searches.ts';
import { addVolunteers } from './volunteers.ts';
import type { Workload } from './workload.ts';

const FULL = { sizes: [10_000, 100_000, 1_000_000], replicas: [1, 2, 4], rounds: 3 };
const QUICK = { sizes: [5_000, 20_000], replicas: [1, 2], rounds: 2 };
const SECONDS_MAX = 2;

/** How panic and match grow with the volunteers and with the replicas of edge, emergency and volunteer service, on a mesh of its own. */
export const growth: Workload = async ({ generator, options }) => {
  const { sizes, replicas, rounds } = options.quick ? QUICK : FULL;
  const seconds = Math.min(SECONDS_MAX, options.seconds);
  const own = await startOwnMesh('growth', { dashboard: false });
  const people = await citizensFile(own, PEOPLE);
  const database = new pg.Pool({ connectionString: own.mesh.databaseUrls.emergency, max: 1 });
  const dispatch = openDispatch(own.urls.postgres, own.mesh.databaseUrls.emergency);
  await dispatch.putOff();
  const others: Replica[] = [];

  /** Only adds volunteers; adds replicas or stops them. */
  const reach = async (volunteers: number, count: number) => {
    await addVolunteers(own.mesh.databaseUrls.volunteer, volunteers);
    while (others.length < count - 1) others.push(await own.replicate(others.length + 2));
    while (others.length > count - 1) await others.pop()?.stop();
    await rest(own.processes());
  };
  const loadOf = { panic: () => pressLoads(own.mesh, people).Connect, match: () => searches(own) };
  const urlOf = { panic: ({ edgeUrl }: Replica) => edgeUrl, match: ({ volunteerUrl }: Replica) => volunteerUrl };
  const after = { panic: ({ calls }: Outcome) => closePresses(database, calls), match: async () => undefined };

  const subject = (what: 'panic' | 'match', volunteers: number, count: number, stage: number): Subject => {
    const curve = `${count} ${count === 1 ? 'replica' : 'replicas'}`;
    const name = `${what}, ${volunteers.toLocaleString('en')} volunteers, ${curve}`;
    return {
      name,
      stage,
      point: { plot: what, curve, x: volunteers },
      async measure(turn) {
        if (turn === 0) {
          await reach(volunteers, count);
          const load: Load = { ...loadOf[what](), others: others.map(urlOf[what]) };
          await generator.prepare(name, load);
        }
        const calls = () => generator.closed(name, seconds, options.callers);
        const { outcome, cpu } = await withCpu(own.processes, calls);
        await after[what](outcome);
        await rest(own.processes());
        return sampleOf(outcome, cpu);
      },
    };
  };
  // To and fro, so that replicas are started and stopped as seldom as can be.
  const stages = sizes.flatMap((volunteers, index) =>
    (index % 2 === 0 ? replicas : replicas.toReversed()).map((count) => ({ volunteers, count })),
  );
  return {
    subjects: stages.flatMap(({ volunteers, count }, stage) => [
      subject('panic', volunteers, count, stage),
      subject('match', volunteers, count, stage),
    ]),
    rounds,
    turns: { length: `${seconds} s` },
    targets: [],
    notes: [
      `Panic over the edge (Connect over HTTP/1.1) as in the workload of that name, with dispatch put off, and match as FindNearby over gRPC, on a mesh of their own, with ${sizes.map((size) => size.toLocaleString('en')).join(', ')} volunteers besides the 2,000 seeded ones, and ${replicas.join(', ')} replicas each of edge, emergency and volunteer service. Callers share themselves evenly among the replicas, as the proxies of a cluster would have them; ${options.callers} callers in all.`,
      'Replicas here are processes on one machine that they share with PostgreSQL, NATS and who calls: how many processors there are stands above. Where one of each already uses them all, more replicas can only cost.',
    ],
    captions: {
      'growth-panic-throughput.svg':
        'A press touches no volunteers: it writes one emergency and its event, and the search that follows it looks around one place in an index. Its curve is flat as long as that holds.',
      'growth-panic-cpu.svg':
        'What one press costs all processes together. Each replica also polls for what is due and keeps its own connections; where its line lies higher, that is what is paid for the next process’s being there when one fails.',
      'growth-match-throughput.svg':
        'The search walks the index of positions outwards from a place and stops at the twentieth volunteer. With more volunteers it stops sooner and nearer, while the index grows by a level at most: the curve falls where fewer than twenty were found before, and then hardly any further.',
      'growth-match-cpu.svg':
        'What one search costs all processes together: twenty volunteers to read, check and send once there are as many within reach, however many there are beyond.',
    },
    close: async () => {
      await dispatch.close();
      await database.end();
      await own.stop();
    },
  };
};
