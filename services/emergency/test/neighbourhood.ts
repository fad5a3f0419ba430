import { randomUUIDv7 } from 'node:crypto';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import type { FindNearbyRequest } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { implement } from '@kreki/runtime/rpc/handlers';
import { startRpcServer } from '@kreki/runtime/rpc/server';
import type { TestMesh } from '@kreki/runtime/testing/harness';

/** Monas, in the middle of Jakarta, in the district of Gambir. */
export const monas = { latitude: -6.175392, longitude: 106.827153, accuracyMeters: 8 };

const METERS_A_DEGREE = 110_587;

/** A place that many metres north of Monas. */
export const north = (meters: number) => ({ ...monas, latitude: monas.latitude + meters / METERS_A_DEGREE });

export interface Neighbour {
  readonly id: string;
  readonly displayName: string;
  readonly skills: readonly Skill[];
  readonly metersNorth: number;
  onDuty: boolean;
}

/** Volunteers on a line north of Monas, found by the contract's search over the wire. */
export interface Neighbourhood {
  readonly url: string;
  /** Searches made so far. */
  readonly searches: readonly FindNearbyRequest[];
  /** Whether every search is refused, as when the service is away. */
  away: boolean;
  /** Places volunteers at these distances; the ids, in their order. */
  place(distancesMeters: readonly number[], skill?: Skill): string[];
  find(id: string): Neighbour;
  clear(): void;
  stop(): Promise<void>;
}

export async function startNeighbourhood(mesh: TestMesh): Promise<Neighbourhood> {
  const neighbours = new Map<string, Neighbour>();
  const searches: FindNearbyRequest[] = [];
  const findNearby: ServiceImpl<typeof VolunteerService>['findNearby'] = (request) => {
    if (made.away) throw new ConnectError('away', Code.Unavailable);
    searches.push(request);
    const latitude = request.location?.latitude ?? 0;
    const wanted = new Set(request.skills);
    const volunteers = [...neighbours.values()]
      .filter(({ id, onDuty }) => onDuty && !request.excludeIds.includes(id))
      .filter(({ skills }) => wanted.size === 0 || skills.some((skill) => wanted.has(skill)))
      .map(({ id, displayName, skills, metersNorth }) => ({
        volunteerId: id,
        displayName,
        skills: [...skills],
        distanceMeters: Math.abs(north(metersNorth).latitude - latitude) * METERS_A_DEGREE,
      }))
      .filter(({ distanceMeters }) => distanceMeters <= request.radiusMeters)
      .sort((one, other) => one.distanceMeters - other.distanceMeters)
      .slice(0, request.limit || 20);
    return { volunteers };
  };
  const others = Object.fromEntries(
    VolunteerService.methods.map(({ localName }) => [
      localName,
      () => {
        throw new ConnectError('not part of the neighbourhood', Code.Unimplemented);
      },
    ]),
  ) as unknown as ServiceImpl<typeof VolunteerService>;
  const server = await startRpcServer({
    identity: mesh.identities.of('volunteer'),
    host: '127.0.0.1',
    port: 0,
    interceptors: [],
    implementations: [implement(VolunteerService, { ...others, findNearby })],
    drainMs: 500,
  });
  const made: Neighbourhood = {
    url: server.url,
    searches,
    away: false,
    place: (distancesMeters, skill = Skill.BASIC_LIFE_SUPPORT) =>
      distancesMeters.map((metersNorth) => {
        const id = randomUUIDv7();
        const displayName = `Relawan ${metersNorth}`;
        neighbours.set(id, { id, displayName, skills: [skill], metersNorth, onDuty: true });
        return id;
      }),
    find(id) {
      const neighbour = neighbours.get(id);
      if (!neighbour) throw new Error(`nobody of that id was placed: ${id}`);
      return neighbour;
    },
    clear: () => neighbours.clear(),
    stop: () => server.stop(),
  };
  return made;
}
