import { text } from 'node:stream/consumers';
import pg from 'pg';

/** What this service takes of a roster's people: those who are volunteers, checked and certified. */
export interface SeedPerson {
  readonly id: string;
  readonly volunteer?: {
    readonly displayName: string;
    readonly skills: readonly number[];
    readonly certifications: readonly {
      readonly id: string;
      readonly skill: number;
      readonly issuer: string;
      readonly number: string;
      readonly validFrom: Date | string;
      readonly validUntil: Date | string;
    }[];
    readonly latitude: number;
    readonly longitude: number;
    readonly onDuty: boolean;
  };
}

const VOLUNTEERS = `
  INSERT INTO volunteers (id, display_name, skills, duty_status, time_zone, verified)
  SELECT id, display_name, skills::smallint[], CASE WHEN on_duty THEN 2 ELSE 1 END, 'Asia/Jakarta', true
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[]) AS v (id, display_name, skills, on_duty)
  ON CONFLICT (id) DO UPDATE SET
    display_name = excluded.display_name, skills = excluded.skills, duty_status = excluded.duty_status, verified = true`;

const CERTIFICATIONS = `
  INSERT INTO certifications
    (id, volunteer_id, skill, issuer, number, valid_from, valid_until, verified, verified_at)
  SELECT c.*, true, now()
  FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[]) AS c
  ON CONFLICT (id) DO UPDATE SET valid_from = excluded.valid_from, valid_until = excluded.valid_until, verified = true`;

const POSITIONS = `
  UPDATE positions AS p
  SET location = ST_MakePoint(at.longitude, at.latitude)::geography, accuracy_meters = 10, measured_at = now()
  FROM unnest($1::uuid[], $2::float8[], $3::float8[]) AS at (id, longitude, latitude)
  WHERE p.volunteer_id = at.id`;

/** Brings a roster's volunteers into the database of this service, as they are in the roster, each at its position now. */
export async function seed(database: pg.Pool, roster: { readonly people: readonly SeedPerson[] }): Promise<void> {
  const volunteers = roster.people.flatMap(({ id, volunteer }) => (volunteer ? [{ id, ...volunteer }] : []));
  const certifications = volunteers.flatMap(({ id, certifications }) =>
    certifications.map((certification) => ({ volunteerId: id, ...certification })),
  );
  await database.query(VOLUNTEERS, [
    volunteers.map((volunteer) => volunteer.id),
    volunteers.map((volunteer) => volunteer.displayName),
    volunteers.map((volunteer) => `{${volunteer.skills.join(',')}}`),
    volunteers.map((volunteer) => volunteer.onDuty),
  ]);
  await database.query(CERTIFICATIONS, [
    certifications.map((certification) => certification.id),
    certifications.map((certification) => certification.volunteerId),
    certifications.map((certification) => certification.skill),
    certifications.map((certification) => certification.issuer),
    certifications.map((certification) => certification.number),
    certifications.map((certification) => certification.validFrom),
    certifications.map((certification) => certification.validUntil),
  ]);
  await database.query(POSITIONS, [
    volunteers.map((volunteer) => volunteer.id),
    volunteers.map((volunteer) => volunteer.longitude),
    volunteers.map((volunteer) => volunteer.latitude),
  ]);
}

if (import.meta.main) {
  const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
  await seed(database, JSON.parse(await text(process.stdin))).finally(() => database.end());
}
