import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { UserSchema } from '@kreki/gen/kreki/auth/v1/user_pb.js';
import type { PersonalData } from '@kreki/runtime/personal-data/personal-data';
import { localeOf } from './locale.ts';
import { openAddresses } from './personal-data.ts';

/** An account as both Prisma and the SQL of `store/` give it. */
export interface Account {
  readonly id: string;
  readonly emailSealed: Uint8Array;
  readonly emailLookup: Uint8Array;
  readonly phoneSealed: Uint8Array | null;
  readonly passwordHash: string | null;
  readonly fullName: string;
  readonly roleName: string;
  readonly verified: boolean;
  readonly active: boolean;
  readonly locale: string;
  readonly createTime: Date;
  readonly updateTime: Date;
  readonly version: number;
}

export const etagOf = (account: Account): string => String(account.version);

/** The one place where an account's e-mail and phone are opened to be shown. */
export function userMessage(personalData: PersonalData, account: Account): MessageInitShape<typeof UserSchema> {
  return {
    id: account.id,
    ...openAddresses(personalData, account),
    fullName: account.fullName,
    role: account.roleName,
    verified: account.verified,
    active: account.active,
    locale: localeOf(account.locale),
    createTime: timestampFromDate(account.createTime),
    updateTime: timestampFromDate(account.updateTime),
    etag: etagOf(account),
  };
}
