import pg from 'pg';
import { hasPgbench, pgbench } from '../floors/pgbench.ts';
import { pressDatabase, pressScript } from '../floors/press.ts';
import type { Outcome } from '../generator/order.ts';
import type { Subject, Target } from '../harness/sample.ts';
import { loaded } from './loaded.ts';
import { citizensFile } from './people.ts';
import { closePresses, NOWHERE, PEOPLE, pressLoads } from './presses.ts';
import { openDispatch } from './put-off.ts';
import type { Workload } from './workload.ts';

/** Connections of emergency's pool. */
export const CONNECTIONS = 12;
const FLOOR = 'pgbench';
/** A press with all that follows it. */
const DISPATCHED = 'Connect, dispatched';

/** TriggerPanic over the edge, by each protocol, against its one statement in pgbench. */
export const panic: Workload = async ({ own, generator, options }) => {
  const people = await citizensFile(own, PEOPLE);
  const loads = pressLoads(own.mesh, people);
  const database = new pg.Pool({ connectionString: own.mesh.databaseUrls.emergency, max: 1 });
  const dispatch = openDispatch(own.urls.postgres, own.mesh.databaseUrls.emergency);
  const after = ({ calls }: Outcome) => closePresses(database, calls);
  const subjects: Subject[] = [];
  const withFloor = await hasPgbench();
  if (withFloor) {
    const floor = {
      url: await pressDatabase(own.urls.postgres),
      script: pressScript(NOWHERE),
      connections: CONNECTIONS,
    };
    const floorDispatch = openDispatch(own.urls.postgres, floor.url);
    await floorDispatch.putOff().finally(floorDispatch.close);
    const processes = () => new Map([['postgres', own.processes().get('postgres') ?? 0]]);
    const closed = (seconds: number) => pgbench(floor, seconds);
    const open = (seconds: number, perSecond: number) => pgbench(floor, seconds, perSecond);
    subjects.push(loaded({ name: FLOOR, floor: true, closed, open, processes }, options));
  }
  for (const [name, load] of [...Object.entries(loads), [DISPATCHED, loads.Connect] as const]) {
    await generator.prepare(`panic ${name}`, load);
    const due = () => (name === DISPATCHED ? dispatch.takeUp() : dispatch.putOff());
    const closed = (seconds: number) => due().then(() => generator.closed(`panic ${name}`, seconds, options.callers));
    const open = (seconds: number, perSecond: number) =>
      due().then(() => generator.open(`panic ${name}`, seconds, perSecond));
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
      'Dispatch comes after the answer and is put off by a trigger, which the floor has as well. "Dispatched" has all that follows a press beside the next ones, on the same processors and in its CPU time: the search, and since nobody is near on the sea, where they are pressed, the escalation with its messages.',
      withFloor
        ? `Floor: the same rows by the shortest statement for one press, by pgbench, prepared, over as many connections as the service has (${CONNECTIONS}), on the same server, without dispatch.`
        : 'Floor: not measured, since pgbench is not installed (Debian: `apt-get install postgresql-contrib`).',
    ],
    close: async () => {
      await dispatch.takeUp().finally(dispatch.close);
      await database.end();
    },
  };
};
