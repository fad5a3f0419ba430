import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { identityFolder } from '../../mesh/local/identities.ts';
import { startChild } from '../child.ts';
import { withCpu } from '../cpu.ts';
import { hasPgbench, pgbench } from '../floors/pgbench.ts';
import { positionsScript } from '../floors/positions.ts';
import type { Outcome as Searched } from '../generator/order.ts';
import { figuresOf } from '../harness/latencies.ts';
import type { Sample, Subject } from '../harness/sample.ts';
import type { Moving, Order, Outcome } from '../positions/order.ts';
import { rest, sampleOf } from './loaded.ts';
import { signIn } from './people.ts';
import { searches } from './searches.ts';
import { addVolunteers } from './volunteers.ts';
import type { Workload } from './workload.ts';

const FLOOR = 'pgbench';
const SUBJECT = 'StreamLocations';
const BESIDE = 'FindNearby beside positions';
const FULL = { streams: 5_000, perSecond: 40_000 };
const QUICK = { streams: 2_000, perSecond: 40_000 };
const CONNECTIONS = 20;
/** As the service writes: rows of a batch, and batches under way at once. */
const ROWS = 2_000;
const WRITES = 2;
/** Of what was taken in the warm-up: close to the most, without a queue that grows, in which a newer position takes the place of an older. */
const PART = 0.8;
/** Searches beside the positions. */
const SEARCHES_PER_SECOND = 50;

/** Positions streamed to the volunteer service, against its batched update in pgbench, with searches beside them. */
export const positions: Workload = async ({ own, generator, options }) => {
  const databaseUrl = own.mesh.databaseUrls.volunteer;
  await addVolunteers(databaseUrl, options.volunteers);
  const { streams, perSecond } = options.quick ? QUICK : FULL;
  const volunteersFile = join(own.folder, 'bench-moving.json');
  writeFileSync(volunteersFile, JSON.stringify(await someMoving(databaseUrl, streams)), { mode: 0o600 });
  await generator.prepare(BESIDE, searches(own));
  const child = startChild('positions/main.ts');

  const used = async <T>(work: () => Promise<T>) => {
    const measured = await withCpu(own.processes, work);
    await rest(own.processes());
    return measured;
  };
  const ask = (order: Order) => child.ask<Outcome>(order);
  const setting = {
    url: `https://127.0.0.1:${own.ports.services.volunteer.number}`,
    identity: identityFolder(own.folder, 'gateway'),
    volunteersFile,
    connections: CONNECTIONS,
  };
  let offered = perSecond;
  const mesh: Subject = {
    name: SUBJECT,
    async measure(turn) {
      await ask({ kind: 'open', setting });
      await rest(own.processes());
      const move = () => ask({ kind: 'move', seconds: options.seconds, perSecond: offered });
      const search = () => generator.open(BESIDE, options.seconds, SEARCHES_PER_SECOND);
      const { outcome, cpu } = await used(() => Promise.all([move(), search()]));
      const [{ sent, seconds }] = outcome;
      if (turn === 0) offered = Math.max(1, Math.round((PART * sent) / seconds));
      return sampleFrom(...outcome, cpu);
    },
  };
  const withFloor = await hasPgbench();
  const floors: Subject[] = [];
  if (withFloor) {
    const admin = new URL(own.urls.postgres);
    admin.pathname = new URL(databaseUrl).pathname;
    const floor = { url: admin.href, script: await positionsScript(admin.href, ROWS), connections: WRITES };
    floors.push({
      name: FLOOR,
      floor: true,
      async measure() {
        const { outcome, cpu } = await used(() => pgbench(floor, options.seconds));
        const postgres = new Map([['postgres', cpu.get('postgres') ?? 0]]);
        return sampleOf({ ...outcome, calls: outcome.calls * ROWS }, postgres);
      },
    });
  }
  return {
    subjects: [...floors, mesh],
    turns: {
      length: `${options.seconds} s`,
      latency: `of ${SEARCHES_PER_SECOND} searches a second beside the positions`,
    },
    targets: [
      { subject: SUBJECT, figure: 'perSecond', atLeast: 30_000 },
      { subject: SUBJECT, figure: 'p99Ms', below: 20 },
    ],
    notes: [
      `${streams.toLocaleString('en')} of ${options.volunteers.toLocaleString('en')} volunteers move, each with a token and a stream of their own on ${CONNECTIONS} connections over the mesh’s mTLS, as the edge calls: ${PART * 100} % of what was taken in the warm-up of ${perSecond.toLocaleString('en')} positions a second, at their moments, one volunteer after the other, each some metres from the one before. Throughput: positions that are on record, by the time until the last is. A position that a newer one replaced before it was written does not count.`,
      `p50 and p99 are of FindNearby beside them, ${SEARCHES_PER_SECOND} a second from their intended moments, half of the volunteers in Jakarta, half in and around 26 other cities.`,
      withFloor
        ? `Floor: the statement that stores a batch as the service has it, ${ROWS} rows of volunteers anywhere, each moved by some metres, by pgbench, prepared, over as many connections as the service writes on (${WRITES}); without searches. Both keep the GiST index of positions up to date.`
        : 'Floor: not measured, since pgbench is not installed (Debian: `apt-get install postgresql-contrib`).',
    ],
    close: async () => child.stop(),
  };

  async function someMoving(url: string, count: number): Promise<Moving[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client
      .query<{ id: string; latitude: number; longitude: number }>(SOME, [count])
      .finally(() => client.end());
    const people = await signIn(
      own,
      'volunteer',
      rows.map(({ id }) => id),
    );
    return rows.map(({ latitude, longitude }, index) => ({ latitude, longitude, token: people[index]?.token ?? '' }));
  }
};

const SOME = `
  SELECT volunteer_id AS id, ST_Y(location::geometry) AS latitude, ST_X(location::geometry) AS longitude
  FROM positions WHERE findable ORDER BY random() LIMIT $1`;

function sampleFrom(moved: Outcome, { latency, errors: refused }: Searched, cpu: ReadonlyMap<string, number>): Sample {
  const { sent, stored, seconds, cpuSeconds } = moved;
  const errors = { ...moved.errors, ...refused };
  const sample = sampleOf({ calls: stored, seconds, cpuSeconds, errors }, cpu);
  return {
    ...sample,
    figures: {
      ...sample.figures,
      sentPerSecond: sent / seconds,
      ...(latency && figuresOf(latency)),
    },
    ...(latency && { latency }),
  };
}
