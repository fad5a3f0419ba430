import { randomUUIDv7 } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, type ConnectError, type HandlerContext } from '@connectrpc/connect';
import { UserRegisteredSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { fail } from '@kreki/runtime/errors';
import { event } from '@kreki/runtime/events/outbox';
import { normalEmail } from '../accounts/email.ts';
import { emailTaken, phoneTaken } from '../accounts/errors.ts';
import { localeCode } from '../accounts/locale.ts';
import { EMAIL, PHONE, sealed } from '../accounts/personal-data.ts';
import { toE164 } from '../accounts/phone.ts';
import type { Context } from '../context.ts';
import { PUBLIC } from '../roles/guards.ts';
import { deviceOf, openSession } from '../sessions/open-session.ts';
import { type OpenedSession, signedIn } from '../sessions/signed-in.ts';
import { findAccountByRequest, insertAccount, type NewAccount } from '../store/accounts.ts';
import { violatedUnique } from '../store/violations.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const register =
  (context: Context): AuthRpc['register'] =>
  async (request, rpc) => {
    const { password } = request;
    const { personalData } = context;
    const id = randomUUIDv7();
    const account = {
      id,
      email: sealed(personalData, EMAIL, id, normalEmail(request.email)),
      phone: request.phone ? sealed(personalData, PHONE, id, toE164(request.phone)) : null,
      fullName: request.fullName,
      roleName: PUBLIC,
      locale: localeCode(request.locale),
      requestId: request.requestId || null,
    };
    const passwordHash = await context.passwords.slots.run(() => context.passwords.hash(password), rpc.signal);
    try {
      const session = await createAccount(context, { ...account, passwordHash }, rpc);
      context.outbox.wake();
      return await signedIn(context, session);
    } catch (error) {
      const constraint = violatedUnique(error);
      if (constraint === undefined) throw error;
      const session = await repeated(context, account, password, rpc);
      if (session === undefined) throw taken(constraint, error);
      return signedIn(context, session);
    }
  };

async function createAccount(context: Context, account: NewAccount, rpc: HandlerContext): Promise<OpenedSession> {
  return context.database.transaction(async (tx) => {
    const { id, roleName, createTime } = await insertAccount(tx, account);
    const registered = { userId: id, role: roleName, registerTime: timestampFromDate(createTime) };
    await context.outbox.append(tx, [event(UserRegisteredSchema, registered, id)]);
    const verified = { userId: id, passwordHash: account.passwordHash };
    const session = await openSession(tx, verified, deviceOf(rpc), context.config.refreshTokenLifetimeMs);
    if (session === undefined) throw new Error('the new account cannot sign in');
    return session;
  });
}

/** Signs in to the account that the same request made before, when there is one. */
async function repeated(
  context: Context,
  { requestId, email }: Pick<NewAccount, 'requestId' | 'email'>,
  password: string,
  rpc: HandlerContext,
): Promise<OpenedSession | undefined> {
  const account = requestId ? await findAccountByRequest(context.database, requestId) : undefined;
  if (!account?.passwordHash || !email.lookup.equals(account.emailLookup)) return undefined;
  const { id: userId, passwordHash } = account;
  if (!(await context.passwords.slots.run(() => context.passwords.verify(passwordHash, password), rpc.signal))) {
    return undefined;
  }
  return context.database.transaction((tx) =>
    openSession(tx, { userId, passwordHash }, deviceOf(rpc), context.config.refreshTokenLifetimeMs),
  );
}

function taken(constraint: string, cause: unknown): ConnectError | unknown {
  switch (constraint) {
    case 'users_email_lookup_key':
      return emailTaken();
    case 'users_phone_lookup_key':
      return phoneTaken();
    case 'users_register_request_id_key':
      return fail(Code.AlreadyExists, 'REQUEST_ID_REUSED', 'Another registration had this request id.', {
        field: 'requestId',
      });
    default:
      return cause;
  }
}
