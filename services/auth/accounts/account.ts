import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { UserSchema } from '@kreki/gen/kreki/auth/v1/user_pb.js';
import { localeOf } from './locale.ts';

/** An account as both Prisma and the SQL of `store/` give it. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly phone: string | null;
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

export function userMessage(account: Account): MessageInitShape<typeof UserSchema> {
  return {
    id: account.id,
    email: account.email,
    phone: account.phone ?? '',
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
