import { clientAddress } from '@kreki/runtime/caller';
import { invalidCredentials } from '../accounts/errors.ts';
import { EMAIL } from '../accounts/personal-data.ts';
import type { Context } from '../context.ts';
import { deviceOf, openSession, type Verified } from '../sessions/open-session.ts';
import { signedIn } from '../sessions/signed-in.ts';
import { findAccountByEmail, replacePassword } from '../store/accounts.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const login =
  (context: Context): AuthRpc['login'] =>
  async ({ email, password }, rpc) => {
    const { config, database, loginLimits, passwords, personalData } = context;
    const address = clientAddress(rpc);
    // Who is refused anyway takes no place in the queue.
    await loginLimits.admit(address);
    const check = () => checkCredentials(context, personalData.lookup(EMAIL, email), password, address);
    const verified = await passwords.slots.run(check, rpc.signal);
    const session = await database.transaction((tx) =>
      openSession(tx, verified, deviceOf(rpc), config.refreshTokenLifetimeMs),
    );
    if (session === undefined) throw invalidCredentials();
    return signedIn(context, session);
  };

/**
 * Runs within a slot, and asks the limit before and after the hash: however many guesses one network sends at the same time, no
 * more than the limit and the number of slots learn anything.
 */
async function checkCredentials(
  context: Context,
  emailLookup: Buffer,
  password: string,
  address: string,
): Promise<Verified> {
  const { database, loginLimits, passwords } = context;
  await loginLimits.admit(address);
  const account = await findAccountByEmail(database, emailLookup);
  const correct = await passwords.verify(account?.passwordHash, password);
  if (!account?.active || !account.passwordHash || !correct) {
    await loginLimits.countFailure(address);
    throw invalidCredentials();
  }
  await loginLimits.admit(address);
  const { id: userId, passwordHash } = account;
  if (!passwords.outdated(passwordHash)) return { userId, passwordHash };
  const newHash = await passwords.hash(password);
  const replaced = await replacePassword(database, userId, passwordHash, newHash);
  return { userId, passwordHash: replaced ? newHash : passwordHash };
}
