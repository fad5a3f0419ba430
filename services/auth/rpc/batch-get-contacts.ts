import { localeOf } from '../accounts/locale.ts';
import { openAddresses } from '../accounts/personal-data.ts';
import type { Context } from '../context.ts';
import { listContacts } from '../store/contacts.ts';
import type { DirectoryRpc } from './directory-rpc.ts';

export const batchGetContacts =
  ({ database, personalData }: Context): DirectoryRpc['batchGetContacts'] =>
  async ({ userIds }) => {
    const contacts = await listContacts(database, userIds);
    return {
      contacts: contacts.map((contact) => ({
        userId: contact.id,
        ...openAddresses(personalData, contact),
        fullName: contact.fullName,
        locale: localeOf(contact.locale),
      })),
    };
  };
