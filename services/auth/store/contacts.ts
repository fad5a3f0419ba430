import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

const LIST = prepared(
  'contacts_list',
  `SELECT id AS "userId", email, coalesce(phone, '') AS phone, full_name AS "fullName", locale
   FROM users WHERE id = ANY($1::uuid[]) AND active`,
);

export interface StoredContact {
  readonly userId: string;
  readonly email: string;
  /** E.164, or empty. */
  readonly phone: string;
  readonly fullName: string;
  readonly locale: string;
}

/** Contacts of the active accounts among these. */
export const listContacts = (database: Queryable, userIds: readonly string[]): Promise<StoredContact[]> =>
  database.query<StoredContact>(LIST, [userIds]);
