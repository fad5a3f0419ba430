import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { UserUpdatedSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import { event } from '@kreki/runtime/events/outbox';
import { type Account, etagOf, userMessage } from '../accounts/account.ts';
import { phoneTaken, userNotFound } from '../accounts/errors.ts';
import { PHONE, sealed } from '../accounts/personal-data.ts';
import { type ProfileChange, profileChange } from '../accounts/profile-change.ts';
import type { Context } from '../context.ts';
import { lockAccount, updateProfile } from '../store/accounts.ts';
import { violatedUnique } from '../store/violations.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const updateMe =
  (context: Context): AuthRpc['updateMe'] =>
  async (request, rpc) => {
    const change = profileChange(request);
    const account = await update(context, personOf(rpc).userId, change, request.etag).catch((error: unknown) => {
      throw violatedUnique(error) === 'users_phone_lookup_key' ? phoneTaken() : error;
    });
    context.outbox.wake();
    return { user: userMessage(context.personalData, account) };
  };

function update(context: Context, userId: string, change: ProfileChange, etag: string): Promise<Account> {
  const { database, outbox, personalData } = context;
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, userId);
    if (account === undefined) throw userNotFound();
    if (etag !== '' && etag !== etagOf(account)) {
      throw fail(Code.Aborted, 'ETAG_MISMATCH', 'The account was changed since. Read it again.', {
        etag: etagOf(account),
      });
    }
    if (Object.keys(change).length === 0) return account;
    const { phone, ...others } = change;
    const sealedPhone = phone == null ? phone : sealed(personalData, PHONE, account.id, phone);
    const updated = await updateProfile(tx, userId, { ...others, phone: sealedPhone });
    const updateTime = timestampFromDate(updated.updateTime);
    await outbox.append(tx, [event(UserUpdatedSchema, { userId, updateTime }, userId)]);
    return updated;
  });
}
