import type { Lookup, SealedColumn } from '@kreki/runtime/personal-data/personal-data';

export const EMAIL: SealedColumn = { table: 'contact', id: 'user_id', column: 'email_sealed' };
export const PHONE: SealedColumn = { table: 'contact', id: 'user_id', column: 'phone_sealed' };

/** WhatsApp's id of a message holds the phone number that it went to in base64, so that only its hash is kept. */
export const WAMID: { readonly lookup: Lookup } = { lookup: { kind: 'wamid', normalise: (wamid) => wamid } };
