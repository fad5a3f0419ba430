import { hasPgbench, pgbench } from '../floors/pgbench.ts';
import type { Subject } from '../harness/sample.ts';
import { loaded } from './loaded.ts';
import { COUNT, RADIUS_METERS, searches, searchScript } from './searches.ts';
import { addVolunteers } from './volunteers.ts';
import type { Workload } from './workload.ts';

const FLOOR = 'pgbench';
const SUBJECT = 'FindNearby';
/** Connections of volunteer's pool. */
const CONNECTIONS = 12;

/** FindNearby over gRPC as emergency calls it, against its query in pgbench on the same database. */
export const match: Workload = async ({ own, generator, options }) => {
  const databaseUrl = own.mesh.databaseUrls.volunteer;
  await addVolunteers(databaseUrl, options.volunteers);
  const processes = own.processes;
  await generator.prepare(SUBJECT, searches(own));
  const mesh = loaded(
    {
      name: SUBJECT,
      processes,
      closed: (seconds) => generator.closed(SUBJECT, seconds, options.callers),
      open: (seconds, perSecond) => generator.open(SUBJECT, seconds, perSecond),
    },
    options,
  );
  const withFloor = await hasPgbench();
  const floor = { url: databaseUrl, script: searchScript(), connections: CONNECTIONS };
  const subjects: Subject[] = [
    ...(withFloor
      ? [
          loaded(
            {
              name: FLOOR,
              floor: true,
              processes: () => new Map([['postgres', processes().get('postgres') ?? 0]]),
              closed: (seconds) => pgbench(floor, seconds),
              open: (seconds, perSecond) => pgbench(floor, seconds, perSecond),
            },
            options,
          ),
        ]
      : []),
    mesh,
  ];
  return {
    subjects,
    targets: [
      { subject: SUBJECT, figure: 'perSecond', against: FLOOR, atLeast: 0.6 },
      { subject: SUBJECT, figure: 'p99Ms', below: 20 },
    ],
    notes: [
      `${options.volunteers.toLocaleString('en')} volunteers on duty, half of them in Jakarta, half in and around 26 other cities of Indonesia; the nearest ${COUNT} within ${RADIUS_METERS / 1_000} km of a place drawn in Jakarta.`,
      withFloor
        ? `Floor: the query as the service has it, by pgbench, prepared, over as many connections as the service has (${CONNECTIONS}), on the same database.`
        : 'Floor: not measured, since pgbench is not installed (Debian: `apt-get install postgresql-contrib`).',
    ],
    close: async () => undefined,
  };
};
