import type { LookedUpColumn, PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { normalEmail } from './email.ts';
import { toE164 } from './phone.ts';

export const EMAIL: LookedUpColumn = {
  table: 'users',
  id: 'id',
  column: 'email_sealed',
  lookup: { column: 'email_lookup', kind: 'email', normalise: normalEmail },
};

export const PHONE: LookedUpColumn = {
  table: 'users',
  id: 'id',
  column: 'phone_sealed',
  lookup: { column: 'phone_lookup', kind: 'phone', normalise: toE164 },
};

/** A value as a row keeps it. */
export interface Sealed {
  readonly sealed: Buffer;
  readonly lookup: Buffer;
}

export const sealed = (personalData: PersonalData, column: LookedUpColumn, userId: string, plain: string): Sealed => ({
  sealed: personalData.seal(column, userId, plain),
  lookup: personalData.lookup(column, plain),
});

interface SealedAddresses {
  readonly id: string;
  readonly emailSealed: Uint8Array;
  readonly phoneSealed: Uint8Array | null;
}

/** How a person is reached, in plain; an empty phone when there is none. */
export const openAddresses = (personalData: PersonalData, { id, emailSealed, phoneSealed }: SealedAddresses) => ({
  email: personalData.open(EMAIL, id, emailSealed),
  phone: phoneSealed ? personalData.open(PHONE, id, phoneSealed) : '',
});
