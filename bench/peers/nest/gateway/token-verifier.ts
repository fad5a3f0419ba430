import { createVerifier, type DecodedJwt } from 'fast-jwt';
import { type Claims, fetchKeys, TOKEN } from '../../shared/keys.ts';

export type TokenVerifier = (token: string) => Promise<Claims>;

/** Tokens that are remembered once verified, as many as the mesh remembers. */
const TOKENS = 20_000;

/** Verifies tokens by KREKI ID's keys. */
export async function openTokenVerifier(jwksUrl: string): Promise<TokenVerifier> {
  const keys = await fetchKeys(jwksUrl);
  return createVerifier({
    key: async ({ header }: DecodedJwt) => keys.get(header.kid) ?? '',
    algorithms: [TOKEN.algorithm],
    allowedIss: TOKEN.issuer,
    allowedAud: TOKEN.audience,
    clockTolerance: TOKEN.clockToleranceSeconds * 1_000,
    cache: TOKENS,
  });
}
