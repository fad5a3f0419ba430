import pg from 'pg';
import { hasPgbench, pgbench } from '../floors/pgbench.ts';
import { pressDatabase, pressScript } from '../floors/press.ts';
import type { Outcome } from '../generator/order.ts';
import type { Subject, Target } from '../harness/sample.ts';
import { loaded } from './loaded.ts';
import { citizensFile } from './people.ts';
import { closePresses, NOWHERE, PEOPLE, pressLoads } from './presses.ts';
import type { Workload } from './workload.ts';

/** Connections of emergency's pool. */
export const CONNECTIONS = 12;
const FLOOR = 'pgbench';

/** TriggerPanic over the edge, by each protocol, against its one statement in pgbench. */
export const panic: Workload = async ({ own, generator, options }) => {
  const people = await citizensFile(own, PEOPLE);
  const loads = pressLoads(own.mesh, people);
  const database = new pg.Pool({ connectionString: own.mesh.databaseUrls.emergency, max: 1 });
  const after = ({ calls }: Outcome) => closePresses(database, calls);
  const subjects: Subject[] = [];
  const withFloor = await hasPgbench();
  if (withFloor) {
    const floor = {
      url: await pressDatabase(own.urls.postgres),
      script: pressScript(NOWHERE),
      connections: CONNECTIONS,
    };
    const processes = () => new Map([['postgres', own.processes().get('postgres') ?? 0]]);
    const closed = (seconds: number) => pgbench(floor, seconds);
    const open = (seconds: number, perSecond: number) => pgbench(floor, seconds, perSecond);
    subjects.push(loaded({ name: FLOOR, floor: true, closed, open, processes }, options));
  }
  for (const [name, load] of Object.entries(loads)) {
    await generator.prepare(`panic ${name}`, load);
    const closed = (seconds: number) => generator.closed(`panic ${name}`, seconds, options.callers);
    const open = (seconds: number, perSecond: number) => generator.open(`panic ${name}`, seconds, perSecond);
    subjects.push(loaded({ name, closed, open, processes: own.processes, after }, options));
  }
  return {
    subjects,
    targets: Object.keys(loads).flatMap((subject): Target[] => [
      { subject, figure: 'perSecond', against: FLOOR, atLeast: 0.5 },
      { subject, figure: 'p99Ms', below: 50 },
    ]),
    notes: [
      `Each press is a new emergency of somebody else, whose token was not seen lately, and is committed with its event; after each load as many rows as answers are counted. ${options.callers} callers for throughput.`,
      `Dispatch, its events and its messages go on beside the presses on the same processors, and are in their CPU time. They are pressed on the sea, where nobody is near.`,
      withFloor
        ? `Floor: the statement of a press as the service has it, by pgbench, prepared, over as many connections as the service has (${CONNECTIONS}), on the same server, without dispatch.`
        : 'Floor: not measured, since pgbench is not installed (Debian: `apt-get install postgresql-contrib`).',
    ],
    close: () => database.end(),
  };
};
