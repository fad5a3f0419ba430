import { randomUUIDv7 } from 'node:crypto';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { personalDataSettings, readEnvironment } from '@kreki/runtime/config';
import { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import type pg from 'pg';
import { EMAIL, PHONE } from './contacts/personal-data.ts';

/** What this service takes of a roster's people. */
interface SeedPerson {
  readonly id: string;
  readonly email: string;
  /** E.164. */
  readonly phone: string;
  readonly fullName: string;
  readonly locale: 'id' | 'en';
  /** Registration token of the person's phone. */
  readonly pushToken?: string;
}

const CONTACTS = `
  INSERT INTO contact (user_id, email_sealed, phone_sealed, full_name, locale, fetch_time)
  SELECT *, now() FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[], $5::smallint[])
  ON CONFLICT (user_id) DO UPDATE SET
    email_sealed = excluded.email_sealed, phone_sealed = excluded.phone_sealed, full_name = excluded.full_name,
    locale = excluded.locale, active = true, fetched_version = contact.version, fetch_time = now()`;

const DEVICES = `
  INSERT INTO device (id, user_id, token, platform)
  SELECT *, ${Platform.ANDROID} FROM unnest($1::uuid[], $2::uuid[], $3::text[])
  ON CONFLICT (token) DO UPDATE SET user_id = excluded.user_id, last_seen_time = now()`;

/**
 * Contacts and phones of the roster's people.
 * @param env The service's own environment: with its keys personal data is sealed.
 */
export async function seed(
  database: pg.Pool,
  roster: { readonly people: readonly SeedPerson[] },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { people } = roster;
  const personalData = new PersonalData(readEnvironment(env, personalDataSettings).personalData);
  await database.query(CONTACTS, [
    people.map((person) => person.id),
    people.map(({ id, email }) => personalData.seal(EMAIL, id, email)),
    people.map(({ id, phone }) => personalData.seal(PHONE, id, phone)),
    people.map((person) => person.fullName),
    people.map((person) => (person.locale === 'en' ? Locale.EN : Locale.ID)),
  ]);
  const phones = people.flatMap(({ id, pushToken }) => (pushToken === undefined ? [] : [{ id, pushToken }]));
  await database.query(DEVICES, [
    phones.map(() => randomUUIDv7()),
    phones.map((phone) => phone.id),
    phones.map((phone) => phone.pushToken),
  ]);
}
