import { createHash, createPublicKey } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { createVerifier, TokenError } from 'fast-jwt';
import { decodeProtectedHeader, type JSONWebKeySet, type JWK } from 'jose';
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

/** Throws when the token is not one that the key signed for us, or has ended. */
type Verify = (token: string) => Record<string, unknown>;

/**
 * Verifies tokens by a key set that is fetched when first needed, again after five minutes, and when a token names a key that is not
 * in it. Keys once fetched serve on while their source is away. Results are kept, by the token's hash, until the token ends.
 */
export function createTokenVerifier(options: { fetchKeys: () => Promise<JSONWebKeySet> }): TokenVerifier {
  const verified = new Map<string, TokenClaims>();
  let keys: ReadonlyMap<string, Verify> | undefined;
  let fetchedAtMs = 0;
  let fetching: Promise<void> | undefined;

  const fetchKeys = (): Promise<void> => {
    fetching ??= options
      .fetchKeys()
      .then((set) => {
        keys = new Map(set.keys.filter(isKnownKind).map((key) => [key.kid ?? '', verifyBy(key)]));
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

  const keyOf = async (token: string): Promise<Verify> => {
    const kid = keyIdOf(token);
    const known = (await current()).get(kid);
    if (known) return known;
    if (performance.now() - fetchedAtMs > UNKNOWN_KEY_COOLDOWN_MS) await fetchKeys().catch(() => undefined);
    const found = keys?.get(kid);
    if (!found) throw invalid(new Error('no key of KREKI ID signed it'));
    return found;
  };

  const verify = async (token: string): Promise<TokenClaims> => {
    const hash = createHash('sha256').update(token).digest('base64');
    const known = verified.get(hash);
    if (known) {
      if (known.expiresAtMs + CLOCK_TOLERANCE_MS > Date.now()) return known;
      verified.delete(hash);
      throw expired();
    }
    const verifyByKey = await keyOf(token);
    const claims = claimsOf(verifyByKey, token);
    if (verified.size >= CACHE_SIZE) verified.delete(verified.keys().next().value ?? '');
    verified.set(hash, claims);
    return claims;
  };
  return Object.assign(verify, { prepare: fetchKeys });
}

const isKnownKind = ({ alg }: JWK): boolean => alg === 'ES256' || alg === 'EdDSA';

/** By Node's own cryptography, and at once: WebCrypto takes more than twice the time for it. */
function verifyBy(key: JWK): Verify {
  const publicKey = createPublicKey({ key: { ...key }, format: 'jwk' });
  return createVerifier({
    key: publicKey.export({ type: 'spki', format: 'pem' }),
    algorithms: [key.alg === 'ES256' ? 'ES256' : 'EdDSA'],
    allowedIss: TOKEN_ISSUER,
    allowedAud: TOKEN_AUDIENCE,
    clockTolerance: CLOCK_TOLERANCE_MS,
    requiredClaims: ['iss', 'aud', 'exp'],
  });
}

function keyIdOf(token: string): string {
  try {
    return decodeProtectedHeader(token).kid ?? '';
  } catch (error) {
    throw invalid(error);
  }
}

function claimsOf(verify: Verify, token: string): TokenClaims {
  const { sub, sid, role, perms, iat_ms: issuedAtMs, exp } = payloadOf(verify, token);
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof role !== 'string' || !Array.isArray(perms)) {
    throw invalid(new Error('a claim is missing'));
  }
  if (typeof issuedAtMs !== 'number' || typeof exp !== 'number') throw invalid(new Error('a time is missing'));
  const permissions = new Set(perms.filter((permission) => typeof permission === 'string'));
  return { userId: sub, sessionId: sid, role, permissions, issuedAtMs, expiresAtMs: exp * 1_000 };
}

function payloadOf(verify: Verify, token: string): Record<string, unknown> {
  try {
    return verify(token);
  } catch (error) {
    throw error instanceof TokenError && error.code === TokenError.codes.expired ? expired(error) : invalid(error);
  }
}

const expired = (cause?: unknown) =>
  fail(Code.Unauthenticated, 'TOKEN_EXPIRED', 'the access token has expired', {}, cause);

const invalid = (cause: unknown) =>
  fail(Code.Unauthenticated, 'TOKEN_INVALID', 'the access token is not valid', {}, cause);
