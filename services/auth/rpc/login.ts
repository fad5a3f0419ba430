import { clientAddress } from '@kreki/runtime/caller';
import type { Account } from '../accounts/account.ts';
import { normalEmail } from '../accounts/email.ts';
import { invalidCredentials } from '../accounts/errors.ts';
import type { Context } from '../context.ts';
import { deviceOf, openSession } from '../sessions/open-session.ts';
import { signedIn } from '../sessions/signed-in.ts';
import { findAccountByEmail, updatePassword } from '../store/accounts.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const login =
  (context: Context): AuthRpc['login'] =>
  async ({ email, password }, rpc) => {
    const check = () => checkCredentials(context, normalEmail(email), password, clientAddress(rpc));
    const account = await context.passwords.slots.run(check, rpc.signal);
    const session = await context.database.transaction((tx) =>
      openSession(tx, account.id, deviceOf(rpc), context.config.refreshTokenLifetimeMs),
    );
    if (session === undefined) throw invalidCredentials();
    return signedIn(context, session);
  };

/**
 * Runs within a slot, and asks the limit before and after the hash: however many guesses one network sends at the same time, no
 * more than the limit and the number of slots learn anything.
 */
async function checkCredentials(context: Context, email: string, password: string, address: string): Promise<Account> {
  const { database, loginLimits, passwords } = context;
  await loginLimits.admit(address);
  const account = await findAccountByEmail(database, email);
  const correct = await passwords.verify(account?.passwordHash, password);
  if (!account?.active || !correct) {
    await loginLimits.countFailure(address);
    throw invalidCredentials();
  }
  await loginLimits.admit(address);
  if (account.passwordHash && passwords.outdated(account.passwordHash)) {
    await updatePassword(database, account.id, await passwords.hash(password));
  }
  return account;
}
