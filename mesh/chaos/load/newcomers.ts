import { randomUUID } from 'node:crypto';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import type { Person } from './person.ts';
import { pause } from './time.ts';

const REGISTER_FOR_MS = 30_000;
const STAYS_MS = 3_000;

/** Who registered and signed out again, by their access token, which must not work any more. */
export interface SignedOut {
  readonly userId: string;
  readonly token: string;
}

/**
 * Somebody registers, looks around, and signs out.
 * @param stranger A phone that nobody is signed in on.
 * @param signedIn The person that a registration made.
 */
export async function comeAndGo(
  stranger: Person,
  signedIn: (userId: string, token: string) => Person,
): Promise<SignedOut | undefined> {
  const requestId = randomUUID();
  let token = '';
  const registered = await stranger.insist(
    { kind: 'register', requestId },
    AuthService,
    async (client, { headers = {}, timeoutMs }) => {
      const { 'x-forwarded-for': address = '' } = headers as Record<string, string>;
      const answer = await client.register(
        { email: `new-${requestId}@kreki.example`, password: 'Chaos-newcomer-1', fullName: 'Nina Newcomer', requestId },
        { headers: { 'x-forwarded-for': address }, ...(timeoutMs !== undefined && { timeoutMs }) },
      );
      token = answer.accessToken;
      return { gotId: answer.user?.id ?? '' };
    },
    Date.now() + REGISTER_FOR_MS,
  );
  const { outcome, gotId: userId } = registered;
  if (outcome !== 'ok' || !userId) return undefined;
  await pause(STAYS_MS);
  const left = await signedIn(userId, token).insist(
    { kind: 'sign out' },
    AuthService,
    async (client, options) => {
      await client.logout({}, options);
      return undefined;
    },
    Date.now() + REGISTER_FOR_MS,
  );
  // The answer to the first try may have been lost: then the second is told that it is done.
  return left.outcome === 'ok' || left.error?.endsWith('TOKEN_REVOKED') ? { userId, token } : undefined;
}
