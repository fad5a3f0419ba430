import type { Queryable } from '@kreki/runtime/database/database';
import { prepared } from '@kreki/runtime/database/sql';

const LIST = prepared(
  'contacts_list',
  `SELECT id, email_sealed AS "emailSealed", phone_sealed AS "phoneSealed", full_name AS "fullName", locale
   FROM users WHERE id = ANY($1::uuid[]) AND active`,
);

export interface StoredContact {
  readonly id: string;
  readonly emailSealed: Buffer;
  readonly phoneSealed: Buffer | null;
  readonly fullName: string;
  readonly locale: string;
}

/** Contacts of the active accounts among these. */
export const listContacts = (database: Queryable, userIds: readonly string[]): Promise<StoredContact[]> =>
  database.query<StoredContact>(LIST, [userIds]);
