import { randomUUIDv7 } from 'node:crypto';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import { Platform } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import type pg from 'pg';

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
  INSERT INTO contact (user_id, email, phone, full_name, locale, fetch_time)
  SELECT *, now() FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[])
  ON CONFLICT (user_id) DO UPDATE SET
    email = excluded.email, phone = excluded.phone, full_name = excluded.full_name, locale = excluded.locale, active = true,
    fetched_version = contact.version, fetch_time = now()`;

const DEVICES = `
  INSERT INTO device (id, user_id, token, platform)
  SELECT *, ${Platform.ANDROID} FROM unnest($1::uuid[], $2::uuid[], $3::text[])
  ON CONFLICT (token) DO UPDATE SET user_id = excluded.user_id, last_seen_time = now()`;

/** Contacts and phones of the roster's people. */
export async function seed(database: pg.Pool, roster: { readonly people: readonly SeedPerson[] }): Promise<void> {
  const { people } = roster;
  await database.query(CONTACTS, [
    people.map((person) => person.id),
    people.map((person) => person.email),
    people.map((person) => person.phone),
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
