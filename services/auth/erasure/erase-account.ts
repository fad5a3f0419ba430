import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { UserDeactivatedSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import type { Tx } from '@kreki/runtime/database/database';
import { fail } from '@kreki/runtime/errors';
import { event } from '@kreki/runtime/events/outbox';
import type { Account } from '../accounts/account.ts';
import { userNotFound } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import { holdings } from '../privacy/holdings.ts';
import { userSubject } from '../revocation/redis-keys.ts';
import { requireAnotherAdmin } from '../roles/guards.ts';
import { lockAccount } from '../store/accounts.ts';
import { erasureOf, insertErasure } from '../store/erasures.ts';
import { outdateTokens, type Revocation, revokeSessions } from '../store/revocations.ts';
import { lockAdmins } from '../store/roles.ts';
import { endSessions } from '../store/sessions.ts';
import { violatedUnique } from '../store/violations.ts';
import { HOLDERS } from './holders.ts';

/** Beyond the last token's life, for clocks that differ. */
const MARGIN_MS = 60_000;

export interface ErasureRequest {
  /** UUID of the erasure. */
  readonly id: string;
  readonly userId: string;
  /** Where the written request is filed. */
  readonly reference: string;
  /** Throws when this account may not be erased so. */
  readonly allow: (tx: Tx, account: Account) => void | Promise<void>;
  /** Last in the transaction. */
  readonly record?: (tx: Tx) => void;
}

/**
 * Ends every session of a person and deletes their account, in one transaction with the erasure that the other services follow. The id of
 * the erasure; that of the earlier one when the account is gone already.
 */
export async function eraseAccount(context: Context, request: ErasureRequest): Promise<string> {
  const { id, revocations } = await context.database
    .transaction((tx) => erase(tx, context, request))
    .catch((error: unknown) => {
      if (violatedUnique(error) !== 'erasures_pkey') throw error;
      const message = 'Another erasure had this request id.';
      throw fail(Code.AlreadyExists, 'REQUEST_ID_REUSED', message, { field: 'requestId' });
    });
  context.outbox.wake();
  await context.revocations.publish(revocations);
  context.erasures.wake();
  return id;
}

async function erase(
  tx: Tx,
  context: Context,
  { id, userId, reference, allow, record }: ErasureRequest,
): Promise<{ id: string; revocations: readonly Revocation[] }> {
  await lockAdmins(tx);
  const account = await lockAccount(tx, userId);
  if (account === undefined) {
    const earlier = await erasureOf(tx, userId);
    if (earlier === undefined) throw userNotFound();
    return { id: earlier, revocations: [] };
  }
  await allow(tx, account);
  await requireAnotherAdmin(tx, account);
  const lifetimeMs = context.config.accessTokenLifetimeMs;
  const sessions = await revokeSessions(tx, await endSessions(tx, userId, 'deactivated'), lifetimeMs);
  const tokens = await outdateTokens(tx, userSubject(userId), lifetimeMs);
  await insertErasure(tx, { id, userId, reference, services: HOLDERS, finalPassMs: lifetimeMs + MARGIN_MS });
  const closed = { userId, deactivateTime: timestampFromDate(new Date()) };
  await context.outbox.append(tx, [event(UserDeactivatedSchema, closed, userId)]);
  for (const step of holdings(context).erasure) await step.run(tx, userId);
  record?.(tx);
  return { id, revocations: [...sessions, ...tokens] };
}
