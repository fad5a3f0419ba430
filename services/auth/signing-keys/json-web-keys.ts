import type { KeyRing } from './key-ring.ts';

/** The public halves of the keys (RFC 7517, RFC 8037). */
export const jsonWebKeys = (keys: KeyRing) =>
  keys.published.map(({ kid, publicKey }) => ({
    kty: 'OKP',
    crv: 'Ed25519',
    x: publicKey,
    kid,
    alg: 'EdDSA',
    use: 'sig',
  }));
