import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '@kreki/runtime/identity/verifier';
import { SignJWT } from 'jose';
import type { SigningKey } from '../signing-keys/signing-key.ts';

/** What an access token says of its holder. */
export interface Claims {
  readonly userId: string;
  readonly sessionId: string;
  readonly role: string;
  /** Each `resource:action`. */
  readonly permissions: readonly string[];
  /** Unix time in milliseconds at which role and permissions held; never earlier than the last change of either. */
  readonly issuedAtMs: number;
}

/** Signs a JWT. `iat_ms` tells tokens apart that were issued in the same second as a change of role. */
export function signAccessToken(key: SigningKey, claims: Claims, lifetimeMs: number): Promise<string> {
  const issuedAt = Math.floor(claims.issuedAtMs / 1000);
  return new SignJWT({ sid: claims.sessionId, role: claims.role, perms: claims.permissions, iat_ms: claims.issuedAtMs })
    .setProtectedHeader({ alg: key.alg, typ: 'JWT', kid: key.kid })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setSubject(claims.userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.floor(lifetimeMs / 1000))
    .sign(key.privateKey);
}
