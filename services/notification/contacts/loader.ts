import type { Client } from '@connectrpc/connect';
import type { Contact, DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import type { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import type { Database } from '@kreki/runtime/database/database';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { saveContacts } from '../store/contacts.ts';

/** How one person is reached; an empty text is a way there is not. */
export interface Reach {
  readonly email: string;
  readonly phone: string;
  readonly fullName: string;
  readonly locale: Locale;
}

export interface ContactLoader {
  /** Asks auth for a contact and keeps it; undefined when the account is gone. */
  load(userId: string): Promise<Reach | undefined>;
}

/** Contacts that auth gives in one answer. */
export const CONTACTS_MAX = 500;
const GATHER_MS = 5;

/** Everything asked for within a few milliseconds goes into one call. */
export function createContactLoader(
  directory: Client<typeof DirectoryService>,
  database: Database,
  personalData: PersonalData,
): ContactLoader {
  let gathering: { ids: Set<string>; contacts: Promise<Map<string, Contact>> } | undefined;

  const gather = () => {
    const ids = new Set<string>();
    const { promise, resolve, reject } = Promise.withResolvers<Map<string, Contact>>();
    setTimeout(() => {
      gathering = undefined;
      fetchContacts(ids).then(resolve, reject);
    }, GATHER_MS);
    return { ids, contacts: promise };
  };

  const fetchContacts = async (ids: ReadonlySet<string>) => {
    const { contacts } = await directory.batchGetContacts({ userIds: [...ids] });
    await saveContacts(database, personalData, contacts, new Map());
    return new Map(contacts.map((contact) => [contact.userId, contact]));
  };

  return {
    async load(userId) {
      if (!gathering || gathering.ids.size >= CONTACTS_MAX) gathering = gather();
      const { ids, contacts } = gathering;
      ids.add(userId);
      return (await contacts).get(userId);
    },
  };
}
