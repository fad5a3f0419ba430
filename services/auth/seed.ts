import { text } from 'node:stream/consumers';
import { personalDataSettings, readEnvironment } from '@kreki/runtime/config';
import { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import pg from 'pg';
import { normalEmail } from './accounts/email.ts';
import { EMAIL, PHONE, sealed } from './accounts/personal-data.ts';
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
  INSERT INTO users (id, email_sealed, email_lookup, phone_sealed, phone_lookup, full_name, role, locale, password_hash, verified)
  SELECT *, true
  FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::text[])
  ON CONFLICT (id) DO UPDATE SET
    email_sealed = excluded.email_sealed, email_lookup = excluded.email_lookup,
    phone_sealed = excluded.phone_sealed, phone_lookup = excluded.phone_lookup,
    full_name = excluded.full_name, role = excluded.role, locale = excluded.locale,
    password_hash = excluded.password_hash, active = true`;

/**
 * Brings a roster's people into the database of KREKI ID, as they are in the roster.
 * @param env The service's own environment: with its keys personal data is sealed.
 */
export async function seed(
  database: pg.Pool,
  roster: { readonly people: readonly SeedPerson[] },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { people } = roster;
  const personalData = new PersonalData(readEnvironment(env, personalDataSettings).personalData);
  const emails = people.map(({ id, email }) => sealed(personalData, EMAIL, id, normalEmail(email)));
  const phones = people.map(({ id, phone }) => sealed(personalData, PHONE, id, phone));
  const hashes = await Promise.all(
    people.map(({ password }) => (password ? hashPassword(password, DEFAULT_HASH_COST) : null)),
  );
  await database.query(UPSERT, [
    people.map((person) => person.id),
    emails.map((email) => email.sealed),
    emails.map((email) => email.lookup),
    phones.map((phone) => phone.sealed),
    phones.map((phone) => phone.lookup),
    people.map((person) => person.fullName),
    people.map((person) => person.role),
    people.map((person) => person.locale),
    hashes,
  ]);
}

if (import.meta.main) {
  const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
  await seed(database, JSON.parse(await text(process.stdin)), process.env).finally(() => database.end());
}
