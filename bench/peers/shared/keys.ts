import { createPublicKey, type webcrypto } from 'node:crypto';

export const TOKEN = {
  issuer: 'https://id.kreki.id',
  audience: 'kreki',
  algorithm: 'ES256',
  clockToleranceSeconds: 5,
} as const;

/** What a token of KREKI ID says, as far as a press needs it. */
export interface Claims {
  readonly sub: string;
  readonly perms: readonly string[];
}

/** KREKI ID's keys, as PEM by id. */
export async function fetchKeys(jwksUrl: string): Promise<ReadonlyMap<string, string>> {
  const response = await fetch(jwksUrl);
  if (!response.ok) throw new Error(`${jwksUrl} answers ${response.status}`);
  const { keys } = (await response.json()) as { keys: (webcrypto.JsonWebKey & { kid: string })[] };
  const pem = (key: webcrypto.JsonWebKey) =>
    createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
  return new Map(keys.map((key) => [key.kid, pem(key)]));
}
