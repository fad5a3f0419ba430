import { text } from 'node:stream/consumers';
import pg from 'pg';
import { DEFAULT_HASH_COST, hashPassword } from './passwords/passwords.ts';

/** What KREKI ID takes of a roster's people. */
export interface SeedPerson {
  readonly id: string;
  readonly email: string;
  /** E.164. */
  readonly phone: string;
  readonly fullName: string;
  readonly role: string;
  readonly locale: 'id' | 'en';
  /** People without one cannot sign in. */
  readonly password?: string;
}

const UPSERT = `
  INSERT INTO users (id, email, phone, full_name, role, locale, password_hash, verified)
  SELECT id, lower(email), phone, full_name, role, locale, password_hash, true
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS person (id, email, phone, full_name, role, locale, password_hash)
  ON CONFLICT (id) DO UPDATE SET
    email = excluded.email, phone = excluded.phone, full_name = excluded.full_name, role = excluded.role,
    locale = excluded.locale, password_hash = excluded.password_hash, active = true`;

/** Brings a roster's people into the database of KREKI ID, as they are in the roster. */
export async function seed(database: pg.Pool, roster: { readonly people: readonly SeedPerson[] }): Promise<void> {
  const { people } = roster;
  const hashes = await Promise.all(
    people.map(({ password }) => (password ? hashPassword(password, DEFAULT_HASH_COST) : null)),
  );
  await database.query(UPSERT, [
    people.map((person) => person.id),
    people.map((person) => person.email),
    people.map((person) => person.phone),
    people.map((person) => person.fullName),
    people.map((person) => person.role),
    people.map((person) => person.locale),
    hashes,
  ]);
}

if (import.meta.main) {
  const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
  await seed(database, JSON.parse(await text(process.stdin))).finally(() => database.end());
}
