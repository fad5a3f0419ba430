import type { KeyRing } from './key-ring.ts';

/** The public halves of the keys (RFC 7517). */
export const jsonWebKeys = ({ published }: KeyRing) =>
  published.map(({ kid, alg, publicKey }) => ({ ...publicKey, kid, alg, use: 'sig' }));
