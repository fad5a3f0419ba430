import { create, toBinary } from '@bufbuild/protobuf';
import { FindNearbyRequestSchema, VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { pathOf } from '@kreki/runtime/rpc/rules';
import { identityFolder } from '../../mesh/local/identities.ts';
import { FIND_NEARBY } from '../../services/volunteer/store/nearby.ts';
import { type Script, withValues } from '../floors/pgbench.ts';
import type { Load } from '../generator/order.ts';
import type { OwnMesh } from '../own-mesh.ts';
import { JAKARTA } from './volunteers.ts';

/** As dispatch searches first. */
export const RADIUS_METERS = 2_000;
export const COUNT = 20;
/** What was placed before a long run is still fresh. */
const FRESH_SECONDS = 86_400;
const PLACES = 2_000;
/** Degrees in steps for pgbench, which draws whole numbers. */
const STEPS = 1_000_000;

/** FindNearby as emergency calls it. */
export const searches = (own: OwnMesh, port = own.ports.services.volunteer.number): Load => ({
  over: 'grpc',
  url: `https://127.0.0.1:${port}`,
  path: pathOf(VolunteerService.method.findNearby),
  headers: {},
  bodies: Array.from({ length: PLACES }, () => requestSomewhere()),
  mesh: { folder: identityFolder(own.folder, 'emergency'), caller: 'emergency', service: 'volunteer' },
});

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

/** The same by pgbench. */
export const searchScript = (): Script => ({
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
