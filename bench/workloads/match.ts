import { create, toBinary } from '@bufbuild/protobuf';
import { FindNearbyRequestSchema, VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { identityFolder } from '../../mesh/local/identities.ts';
import { FIND_NEARBY } from '../../services/volunteer/store/nearby.ts';
import { hasPgbench, pgbench, withValues } from '../floors/pgbench.ts';
import type { Subject } from '../harness/sample.ts';
import { loaded } from './loaded.ts';
import { addVolunteers, JAKARTA } from './volunteers.ts';
import type { Workload } from './workload.ts';

const FLOOR = 'pgbench';
const SUBJECT = 'FindNearby';
/** As dispatch searches first. */
const RADIUS_METERS = 2_000;
const COUNT = 20;
/** What was placed before a long run is still fresh. */
const FRESH_SECONDS = 86_400;
/** Connections of volunteer's pool. */
const CONNECTIONS = 12;
const PLACES = 2_000;
/** Degrees in steps for pgbench, which draws whole numbers. */
const STEPS = 1_000_000;

/** FindNearby over gRPC as emergency calls it, against its query in pgbench on the same database. */
export const match: Workload = async ({ own, generator, options }) => {
  const databaseUrl = own.mesh.databaseUrls.volunteer;
  console.log(`adding ${options.volunteers.toLocaleString('en')} volunteers …`);
  await addVolunteers(databaseUrl, options.volunteers);
  const processes = own.processes;
  await generator.prepare(SUBJECT, {
    over: 'grpc',
    url: `https://127.0.0.1:${own.ports.services.volunteer.number}`,
    path: `/${VolunteerService.typeName}/${VolunteerService.method.findNearby.name}`,
    headers: {},
    bodies: Array.from({ length: PLACES }, () => requestSomewhere()),
    mesh: { folder: identityFolder(own.folder, 'emergency'), caller: 'emergency', service: 'volunteer' },
  });
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

function requestSomewhere(): string {
  const between = (low: number, high: number) => low + Math.random() * (high - low);
  const request = create(FindNearbyRequestSchema, {
    location: {
      latitude: between(JAKARTA.south, JAKARTA.north),
      longitude: between(JAKARTA.west, JAKARTA.east),
    },
    radiusMeters: RADIUS_METERS,
    maxPositionAge: { seconds: BigInt(FRESH_SECONDS) },
    limit: COUNT,
  });
  return Buffer.from(toBinary(FindNearbyRequestSchema, request)).toString('base64');
}

const searchScript = () => ({
  set: [
    `\\set longitude random(${Math.round(JAKARTA.west * STEPS)}, ${Math.round(JAKARTA.east * STEPS)}) / ${STEPS}.0`,
    `\\set latitude random(${Math.round(JAKARTA.south * STEPS)}, ${Math.round(JAKARTA.north * STEPS)}) / ${STEPS}.0`,
  ],
  sql: withValues(FIND_NEARBY.text, [
    ':longitude::float8',
    ':latitude::float8',
    String(RADIUS_METERS),
    `'{}'::smallint[]`,
    `'{}'::uuid[]`,
    String(FRESH_SECONDS * 1_000),
    String(COUNT),
  ]),
});
