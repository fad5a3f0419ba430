/**
 * The bytes that a sealed value is stored as: a version (1), the key's number (2, big endian), a random nonce (12), the ciphertext, and the
 * tag (16) of AES-256-GCM. The first three, the head, say under which key a row is sealed, also to SQL: `substr(value, 1, 3)`.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export const HEAD_BYTES = 3;
export const OVERHEAD_BYTES = HEAD_BYTES + NONCE_BYTES + TAG_BYTES;

/** How values begin that are sealed under a key. */
export function headOf(keyNumber: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(VERSION, 0);
  head.writeUInt16BE(keyNumber, 1);
  return head;
}

/** Number of the key that a value is sealed under; undefined when it has not the form of a sealed value. */
export function keyNumberOf(sealed: Uint8Array): number | undefined {
  const [version, high = 0, low = 0] = sealed;
  return version === VERSION && sealed.length >= HEAD_BYTES ? high * 256 + low : undefined;
}

/**
 * Encrypts. A random nonce is safe for 2^32 values under one key (NIST SP 800-38D, 8.3).
 * @param place Authenticated with the value, which opens nowhere else.
 */
export function sealValue(key: KeyObject, keyNumber: number, plain: string, place: string): Buffer {
  const head = headOf(keyNumber);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(authenticated(head, place));
  const sealed = [head, nonce, cipher.update(plain, 'utf8'), cipher.final()];
  return Buffer.concat([...sealed, cipher.getAuthTag()]);
}

/** @throws Error when the key or the place is another, or any byte was changed. */
export function openValue(key: KeyObject, sealed: Uint8Array, place: string): string {
  if (sealed.length < OVERHEAD_BYTES) throw new RangeError('too short');
  const body = sealed.length - TAG_BYTES;
  const nonce = sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated(sealed.subarray(0, HEAD_BYTES), place)).setAuthTag(sealed.subarray(body));
  const plain = decipher.update(sealed.subarray(HEAD_BYTES + NONCE_BYTES, body));
  return Buffer.concat([plain, decipher.final()]).toString('utf8');
}

const authenticated = (head: Uint8Array, place: string): Buffer => Buffer.concat([head, Buffer.from(place)]);
