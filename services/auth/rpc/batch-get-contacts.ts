import { localeOf } from '../accounts/locale.ts';
import type { Context } from '../context.ts';
import { listContacts } from '../store/contacts.ts';
import type { DirectoryRpc } from './directory-rpc.ts';

export const batchGetContacts =
  ({ database }: Context): DirectoryRpc['batchGetContacts'] =>
  async ({ userIds }) => {
    const contacts = await listContacts(database, userIds);
    return { contacts: contacts.map(({ locale, ...contact }) => ({ ...contact, locale: localeOf(locale) })) };
  };
