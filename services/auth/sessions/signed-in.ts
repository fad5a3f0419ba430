import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LoginResponseSchema } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { userMessage } from '../accounts/account.ts';
import type { Context } from '../context.ts';
import { signAccessToken } from '../tokens/access-token.ts';
import type { Rights } from './rights.ts';

/** A session with the refresh token that continues it. */
export interface OpenedSession {
  readonly rights: Rights;
  readonly sessionId: string;
  readonly refreshToken: string;
}

/** What Register, Login and Refresh answer. */
type SignedIn = Omit<MessageInitShape<typeof LoginResponseSchema>, '$typeName' | '$unknown'>;

export async function signedIn(context: Context, session: OpenedSession): Promise<SignedIn> {
  const { account, permissions, issuedAtMs } = session.rights;
  const claims = { userId: account.id, sessionId: session.sessionId, role: account.roleName, permissions, issuedAtMs };
  const lifetimeMs = context.config.accessTokenLifetimeMs;
  return {
    user: userMessage(context.personalData, account),
    accessToken: await signAccessToken(context.keys.active, claims, lifetimeMs),
    refreshToken: session.refreshToken,
    expiresIn: Math.floor(lifetimeMs / 1000),
  };
}
