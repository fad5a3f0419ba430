import { createHash } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { createLocalJWKSet, type JSONWebKeySet, errors as jose, jwtVerify } from 'jose';
import { fail } from '../errors.ts';

export const TOKEN_ISSUER = 'https://id.kreki.id';
export const TOKEN_AUDIENCE = 'kreki';

/** What an access token of KREKI ID says. */
export interface TokenClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly role: string;
  /** Each `resource:action`. */
  readonly permissions: ReadonlySet<string>;
  /** Unix time in milliseconds. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export interface TokenVerifier {
  /** Throws UNAUTHENTICATED with reason `TOKEN_EXPIRED` or `TOKEN_INVALID`, or UNAVAILABLE when there are no keys to verify by. */
  (token: string): Promise<TokenClaims>;
  /** Fetches the keys, so that no caller waits for them. */
  prepare(): Promise<void>;
}

/** By how much the clocks of two machines may differ. */
const CLOCK_TOLERANCE_MS = 5_000;
const CACHE_SIZE = 20_000;
const UNKNOWN_KEY_COOLDOWN_MS = 5_000;
const KEYS_MAX_AGE_MS = 300_000;

/**
 * Verifies tokens by a key set that is fetched when first needed, again after five minutes, and when a token names a key that is not
 * in it. Keys once fetched serve on while their source is away. Results are kept, by the token's hash, until the token ends.
 */
export function createTokenVerifier(options: { fetchKeys: () => Promise<JSONWebKeySet> }): TokenVerifier {
  const verified = new Map<string, TokenClaims>();
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let fetchedAtMs = 0;
  let fetching: Promise<void> | undefined;

  const fetchKeys = (): Promise<void> => {
    fetching ??= options
      .fetchKeys()
      .then((set) => {
        keys = createLocalJWKSet(set);
        fetchedAtMs = performance.now();
      })
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  };

  const current = async () => {
    if (!keys) {
      await fetchKeys().catch((cause) => {
        throw fail(Code.Unavailable, 'KEYS_UNAVAILABLE', 'the keys to verify the token cannot be had now', {}, cause);
      });
    } else if (performance.now() - fetchedAtMs > KEYS_MAX_AGE_MS) {
      fetchKeys().catch(() => undefined);
    }
    if (!keys) throw fail(Code.Unavailable, 'KEYS_UNAVAILABLE', 'the keys to verify the token cannot be had now');
    return keys;
  };

  const check = async (token: string): Promise<TokenClaims> => {
    const rules = {
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      algorithms: ['EdDSA'],
      clockTolerance: CLOCK_TOLERANCE_MS / 1_000,
    };
    const attempt = async () => claimsOf((await jwtVerify(token, await current(), rules)).payload);
    try {
      return await attempt();
    } catch (error) {
      const stale = performance.now() - fetchedAtMs > UNKNOWN_KEY_COOLDOWN_MS;
      if (!(error instanceof jose.JWKSNoMatchingKey) || !stale) throw refusal(error);
      await fetchKeys().catch(() => undefined);
      return attempt().catch((second: unknown) => {
        throw refusal(second);
      });
    }
  };

  const verify = async (token: string): Promise<TokenClaims> => {
    const hash = createHash('sha256').update(token).digest('base64');
    const known = verified.get(hash);
    if (known) {
      if (known.expiresAtMs + CLOCK_TOLERANCE_MS > Date.now()) return known;
      verified.delete(hash);
      throw fail(Code.Unauthenticated, 'TOKEN_EXPIRED', 'the access token has expired');
    }
    const claims = await check(token);
    if (verified.size >= CACHE_SIZE) verified.delete(verified.keys().next().value ?? '');
    verified.set(hash, claims);
    return claims;
  };
  return Object.assign(verify, { prepare: fetchKeys });
}

function claimsOf(payload: Record<string, unknown>): TokenClaims {
  const { sub, sid, role, perms, iat_ms: issuedAtMs, exp } = payload;
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof role !== 'string' || !Array.isArray(perms)) {
    throw new jose.JWTInvalid('a claim is missing');
  }
  if (typeof issuedAtMs !== 'number' || typeof exp !== 'number') throw new jose.JWTInvalid('a time is missing');
  const permissions = new Set(perms.filter((permission) => typeof permission === 'string'));
  return { userId: sub, sessionId: sid, role, permissions, issuedAtMs, expiresAtMs: exp * 1_000 };
}

function refusal(error: unknown): unknown {
  if (error instanceof jose.JWTExpired) {
    return fail(Code.Unauthenticated, 'TOKEN_EXPIRED', 'the access token has expired', {}, error);
  }
  if (error instanceof jose.JOSEError) {
    return fail(Code.Unauthenticated, 'TOKEN_INVALID', 'the access token is not valid', {}, error);
  }
  return error;
}
