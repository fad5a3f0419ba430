import type { Contact } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { EMAIL, PHONE } from '../contacts/personal-data.ts';

const MARK_STALE = prepared(
  'mark_contact_stale',
  `INSERT INTO contact (user_id, version) VALUES ($1, 1)
   ON CONFLICT (user_id) DO UPDATE SET version = contact.version + 1`,
);

/** Has the contact fetched again; until then the last known one serves. */
export async function markStale(database: Queryable, userId: string): Promise<void> {
  await database.query(MARK_STALE, [userId]);
}

const WANT = prepared(
  'want_contact',
  'INSERT INTO contact (user_id, version) VALUES ($1, 1) ON CONFLICT (user_id) DO NOTHING',
);

/** Has the contact of somebody new fetched, ahead of the first message. */
export async function wantContact(database: Queryable, userId: string): Promise<void> {
  await database.query(WANT, [userId]);
}

const CLOSE = prepared(
  'close_contact',
  `INSERT INTO contact (user_id, active, version, fetched_version) VALUES ($1, false, 1, 1)
   ON CONFLICT (user_id) DO UPDATE SET active = false, email_sealed = NULL, phone_sealed = NULL, full_name = '',
     version = contact.version + 1, fetched_version = contact.version + 1`,
);

/** Forgets how somebody was reached. */
export async function closeContact(database: Queryable, userId: string): Promise<void> {
  await database.query(CLOSE, [userId]);
}

export interface StaleContact {
  readonly user_id: string;
  readonly version: number;
}

const FIND_STALE = prepared(
  'find_stale_contacts',
  'SELECT user_id, version FROM contact WHERE version > fetched_version ORDER BY user_id LIMIT $1',
);

export function findStale(database: Queryable, limit: number): Promise<StaleContact[]> {
  return database.query<StaleContact>(FIND_STALE, [limit]);
}

/** A contact that became stale again while it was fetched stays stale. */
const SAVE = prepared(
  'save_contacts',
  `INSERT INTO contact (user_id, version, email_sealed, phone_sealed, full_name, locale, fetched_version, fetch_time)
   SELECT *, fetched.version, now()
   FROM unnest($1::uuid[], $2::int[], $3::bytea[], $4::bytea[], $5::text[], $6::smallint[])
     AS fetched (user_id, version, email_sealed, phone_sealed, full_name, locale)
   ON CONFLICT (user_id) DO UPDATE SET
     email_sealed = excluded.email_sealed, phone_sealed = excluded.phone_sealed, full_name = excluded.full_name,
     locale = excluded.locale, active = true, fetched_version = excluded.fetched_version, fetch_time = now()
   WHERE contact.active AND contact.fetched_version <= excluded.fetched_version`,
);

/** @param versions Version of each contact before it was fetched; 0 when it was not known. */
export async function saveContacts(
  database: Queryable,
  personalData: PersonalData,
  contacts: readonly Contact[],
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  if (contacts.length === 0) return;
  await database.query(SAVE, [
    contacts.map((one) => one.userId),
    contacts.map((one) => versions.get(one.userId) ?? 0),
    contacts.map((one) => (one.email ? personalData.seal(EMAIL, one.userId, one.email) : null)),
    contacts.map((one) => (one.phone ? personalData.seal(PHONE, one.userId, one.phone) : null)),
    contacts.map((one) => one.fullName),
    contacts.map((one) => one.locale),
  ]);
}
