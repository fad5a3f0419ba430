import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { DutyStatus, Skill } from '@kreki/gen/kreki/volunteer/v1/volunteer_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import { type TestMesh, testMesh } from '@kreki/runtime/testing/harness';
import pg from 'pg';
import { readConfig } from '../config.ts';
import { startVolunteer } from '../service.ts';

export type VolunteerClient = Client<typeof VolunteerService>;

/** Monas, in the middle of Jakarta. */
export const monas = { latitude: -6.175392, longitude: 106.827153, accuracyMeters: 0 };

export const ROLE = {
  citizen: { role: 'public', permissions: ['emergencies:create', 'volunteers:create'] },
  volunteer: { role: 'volunteer', permissions: ['volunteers:create', 'volunteers:update', 'responses:update'] },
  dispatcher: { role: 'dispatcher', permissions: ['emergencies:read', 'volunteers:read', 'certifications:update'] },
} as const;

/** How somebody differs from a volunteer that a search at Monas finds. */
export interface Difference {
  readonly displayName?: string;
  readonly skill?: Skill;
  readonly metersNorth?: number;
  readonly onDuty?: boolean;
  readonly timeZone?: string;
  readonly schedule?: readonly { dayOfWeek: number; startMinute: number; endMinute: number }[];
  readonly certified?: boolean;
  readonly verified?: boolean;
  readonly validFrom?: Date;
  readonly validUntil?: Date;
  readonly positionAgeMs?: number;
  readonly located?: boolean;
}

export interface Volunteer {
  readonly id: string;
  readonly client: VolunteerClient;
  readonly certificationId: string;
}

/** The service on servers of its own. */
export interface World {
  readonly mesh: TestMesh;
  readonly url: string;
  readonly pool: pg.Pool;
  readonly dispatcher: VolunteerClient;
  as(role: keyof typeof ROLE, userId?: string): Promise<VolunteerClient>;
  volunteer(difference?: Difference): Promise<Volunteer>;
}

export async function world(name: string, extra: Record<string, string> = {}): Promise<World> {
  const mesh = await testMesh(name);
  const service = await startVolunteer(readConfig(mesh.env('volunteer', extra)));
  mesh.onStop(() => service.stop());
  const pool = new pg.Pool({ connectionString: mesh.databaseUrl, max: 2 });
  mesh.onStop(() => pool.end());
  const as: World['as'] = (role, userId = randomUUIDv7()) =>
    mesh.client(VolunteerService, service.url, { userId, ...ROLE[role] });
  const made: World = {
    mesh,
    url: service.url,
    pool,
    dispatcher: await as('dispatcher'),
    as,
    volunteer: (difference) => becomeVolunteer(made, difference ?? {}),
  };
  return made;
}

const DAY_MS = 86_400_000;

async function becomeVolunteer(world: World, difference: Difference): Promise<Volunteer> {
  const {
    skill = Skill.BASIC_LIFE_SUPPORT,
    displayName = 'Relawan',
    timeZone = 'Asia/Jakarta',
    metersNorth = 100,
    onDuty = true,
    certified = true,
    verified = true,
    located = true,
  } = difference;
  const id = randomUUIDv7();
  const client = await world.as('volunteer', id);
  await client.createProfile({ displayName, skills: [skill], timeZone });
  let certificationId = '';
  if (certified) {
    const { certification } = await client.addCertification({
      skill,
      issuer: 'PMI',
      number: id,
      validFrom: timestampFromDate(difference.validFrom ?? new Date(Date.now() - DAY_MS)),
      validUntil: timestampFromDate(difference.validUntil ?? new Date(Date.now() + DAY_MS)),
    });
    certificationId = certification?.id ?? '';
    if (verified) await world.dispatcher.verifyCertification({ volunteerId: id, certificationId });
  }
  await client.setAvailability({
    dutyStatus: onDuty ? DutyStatus.ON_DUTY : DutyStatus.OFF_DUTY,
    schedule: [...(difference.schedule ?? [])],
    replaceSchedule: true,
  });
  if (located) {
    await client.updateLocation({
      location: north(metersNorth),
      measureTime: timestampFromDate(new Date(Date.now() - (difference.positionAgeMs ?? 0))),
    });
  }
  return { id, client, certificationId };
}

/** A place that many metres north of Monas: a degree of latitude is 110,587 m there on the WGS 84 spheroid. */
export const north = (meters: number) => ({ ...monas, latitude: monas.latitude + meters / 110_587, accuracyMeters: 5 });

/** Waits until something is there, at most `patienceMs`. */
export async function until<T>(look: () => T | Promise<T>, patienceMs = 8_000): Promise<T> {
  for (const end = Date.now() + patienceMs; ; ) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`it did not happen within ${patienceMs} ms`);
    await sleep(20);
  }
}

/** Code and reason of a refused call, to compare. */
export function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'answered',
    (error) => `${Code[ConnectError.from(error).code]} ${reasonOf(error)}`.trim(),
  );
}
