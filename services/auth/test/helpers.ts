import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@kreki/runtime/errors';

export const PASSWORD = 'Siaga-119';

export const bearer = ({ accessToken }: { accessToken: string }) => ({
  headers: { authorization: `Bearer ${accessToken}` },
});

export const from = (address: string) => ({ headers: { 'x-kreki-client-ip': address } });

/** For `assert.rejects`: the error has this reason. */
export const reason = (expected: string) => (error: unknown) => {
  if (reasonOf(error) !== expected) throw new Error(`expected ${expected}, got ${reasonOf(error)}`, { cause: error });
  return true;
};

/** What a token says, unverified. */
export const claimsOf = (accessToken: string) =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());

/** Waits until the check stops throwing. */
export async function eventually<T>(check: () => Promise<T>, limitMs = 8_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
