import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '@kreki/runtime/identity/verifier';
import { SignJWT } from 'jose';
import type { SigningKey } from '../../../services/auth/signing-keys/signing-key.ts';
import type { People } from './people.ts';

/** What somebody shows who is not to be let in, and the reason that is to be given. */
export interface BadToken {
  readonly what: string;
  readonly authorization: string;
  readonly reason: 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_REVOKED' | 'TOKEN_OUTDATED';
}

/** Of administrators, who could do everything with a good one. */
export async function badTokens(people: People, genuine: SigningKey): Promise<BadToken[]> {
  const admin = () => people.make('admin');
  const [signedOut, demoted, closed, somebody] = await Promise.all([admin(), admin(), admin(), admin()]);
  await signedOut.call(AuthService).logout({});
  const administration = people.admin.call(UserAdminService);
  await administration.updateUserRole({ userId: demoted.userId, role: 'public' });
  await administration.deactivateUser({ userId: closed.userId, reason: 'conformance' });

  const [header = '', payload = '', signature = ''] = somebody.accessToken.split('.');
  const holder = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const { sid: _, ...withoutSession } = claimsOf(holder);
  const sign = (changes: Partial<Signing>) => signed({ ...genuine, claims: claimsOf(holder), ...changes });

  const tokens: [string, BadToken['reason'], string][] = [
    ['signed out', 'TOKEN_REVOKED', signedOut.accessToken],
    ['of a closed account', 'TOKEN_REVOKED', closed.accessToken],
    ['older than a change of role', 'TOKEN_OUTDATED', demoted.accessToken],
    ['expired', 'TOKEN_EXPIRED', await sign({ issuedAt: nowSeconds() - 2 * LIFE_SECONDS })],
    ['of another issuer', 'TOKEN_INVALID', await sign({ issuer: 'https://id.elsewhere.example' })],
    ['for another audience', 'TOKEN_INVALID', await sign({ audience: 'elsewhere' })],
    ['without a session', 'TOKEN_INVALID', await sign({ claims: withoutSession })],
    ['of another key under our key’s id', 'TOKEN_INVALID', await sign({ privateKey: stranger })],
    ['of a key that nobody knows', 'TOKEN_INVALID', await sign({ privateKey: stranger, kid: randomUUID() })],
    [
      'with another person written in',
      'TOKEN_INVALID',
      `${header}.${encode({ ...holder, sub: randomUUID() })}.${signature}`,
    ],
    ['unsigned', 'TOKEN_INVALID', `${encode({ alg: 'none' })}.${payload}.`],
    ['signed with the public key as a secret', 'TOKEN_INVALID', withSecret(genuine, payload)],
    ['that is no JWT', 'TOKEN_INVALID', 'x'],
  ];
  return [
    ...tokens.map(([what, reason, token]) => ({ what: `a token ${what}`, reason, authorization: `Bearer ${token}` })),
    { what: 'a password for a token', reason: 'TOKEN_INVALID', authorization: `Basic ${btoa('admin:admin')}` },
  ];
}

interface Signing extends Pick<SigningKey, 'kid' | 'privateKey'> {
  readonly claims: Record<string, unknown>;
  readonly issuer?: string;
  readonly audience?: string;
  /** Unix time in seconds. */
  readonly issuedAt?: number;
}

const LIFE_SECONDS = 86_400;
const nowSeconds = () => Math.floor(Date.now() / 1_000);

const claimsOf = ({ sid, role, perms, iat_ms }: Record<string, unknown>) => ({ sid, role, perms, iat_ms });

function signed({ privateKey, kid, claims, issuer, audience, issuedAt = nowSeconds() }: Signing): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid })
    .setSubject(randomUUID())
    .setIssuer(issuer ?? TOKEN_ISSUER)
    .setAudience(audience ?? TOKEN_AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFE_SECONDS)
    .sign(privateKey);
}

/** HS256 with what everybody can read: the classic confusion of algorithms. */
function withSecret({ kid, publicKey }: SigningKey, payload: string): string {
  const signing = `${encode({ alg: 'HS256', kid })}.${payload}`;
  return `${signing}.${createHmac('sha256', publicKey.x).update(signing).digest('base64url')}`;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
