import { type CipherKey, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { seal, unseal } from '../tokens/sealing.ts';

/** A key pair as the database has it. */
export interface StoredKey {
  readonly kid: string;
  /** JWK `x`. */
  readonly publicKey: string;
  readonly privateKeySealed: Buffer;
  readonly createTime: Date;
  /** From when it signs; it is published from the start. */
  readonly activeTime: Date;
}

/** Makes an Ed25519 key pair whose id is its thumbprint (RFC 7638), sealed under the secret. */
export async function newSigningKey(secret: CipherKey, createTime: Date, activeTime: Date): Promise<StoredKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x });
  const privateKeySealed = seal(secret, privateKey.export({ type: 'pkcs8', format: 'der' }), kid);
  return { kid, publicKey: x, privateKeySealed, createTime, activeTime };
}

/** @throws Error when the secret is not the one the key was sealed under. */
export function openSigningKey(secret: CipherKey, stored: StoredKey): KeyObject {
  try {
    const der = unseal(secret, stored.privateKeySealed, stored.kid);
    return createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
  } catch (cause) {
    throw new Error(`SIGNING_KEYS_SECRET does not open the signing key ${stored.kid}`, { cause });
  }
}
