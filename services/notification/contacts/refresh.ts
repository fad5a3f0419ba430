import type { Client } from '@connectrpc/connect';
import type { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import type { Database } from '@kreki/runtime/database/database';
import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { closeContact, findStale, saveContacts } from '../store/contacts.ts';
import { CONTACTS_MAX } from './loader.ts';

const POLL_MS = 5_000;

/** Fetches contacts that became stale, many in one call, outside the transaction of the event that said so. */
export function contactRefresh(
  directory: Client<typeof DirectoryService>,
  database: Database,
  personalData: PersonalData,
  log: Logger,
): Loop {
  return loop(
    'contact-refresh',
    POLL_MS,
    async (signal) => {
      for (let full = true; full && !signal.aborted; ) {
        const stale = await findStale(database, CONTACTS_MAX);
        if (stale.length === 0) return;
        full = stale.length === CONTACTS_MAX;
        const versions = new Map(stale.map((one) => [one.user_id, one.version]));
        const { contacts } = await directory.batchGetContacts({ userIds: [...versions.keys()] }, { signal });
        await saveContacts(database, personalData, contacts, versions);
        for (const contact of contacts) versions.delete(contact.userId);
        for (const userId of versions.keys()) await closeContact(database, userId);
      }
    },
    { log },
  );
}
