import { type CipherKey, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { seal, unseal } from '../tokens/sealing.ts';

/** A key pair as the database has it. */
export interface StoredKey {
  readonly kid: string;
  readonly privateKeySealed: Buffer;
  readonly createTime: Date;
  /** From when it signs; it is published from the start. */
  readonly activeTime: Date;
}

/** Members of a JWK that are the public key. */
export interface PublicKey {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y?: string;
}

/** A key pair that is open. */
export interface SigningKey {
  readonly kid: string;
  /** Keys made before ES256 was chosen sign by Ed25519 until they are replaced. */
  readonly alg: 'ES256' | 'EdDSA';
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
  readonly activeTime: Date;
}

/** Makes a key pair on P-256 whose id is its thumbprint (RFC 7638), sealed under the secret. */
export async function newSigningKey(secret: CipherKey, createTime: Date, activeTime: Date): Promise<StoredKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = await calculateJwkThumbprint({ ...publicKeyOf(privateKey) });
  const privateKeySealed = seal(secret, privateKey.export({ type: 'pkcs8', format: 'der' }), kid);
  return { kid, privateKeySealed, createTime, activeTime };
}

/** @throws Error when the secret is not the one the key was sealed under. */
export function openSigningKey(secret: CipherKey, { kid, privateKeySealed, activeTime }: StoredKey): SigningKey {
  try {
    const der = unseal(secret, privateKeySealed, kid);
    const privateKey = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
    const alg = privateKey.asymmetricKeyType === 'ec' ? 'ES256' : 'EdDSA';
    return { kid, alg, publicKey: publicKeyOf(privateKey), privateKey, activeTime };
  } catch (cause) {
    throw new Error(`SIGNING_KEYS_SECRET does not open the signing key ${kid}`, { cause });
  }
}

function publicKeyOf(privateKey: KeyObject): PublicKey {
  const { kty = '', crv = '', x = '', y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { kty, crv, x, ...(y !== undefined && { y }) };
}
