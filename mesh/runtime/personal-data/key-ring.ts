import { createSecretKey, type KeyObject } from 'node:crypto';

/** Keys by their numbers: values are sealed under the current one, and open under whichever they were sealed. */
export interface KeyRing {
  readonly current: number;
  readonly keys: ReadonlyMap<number, KeyObject>;
}

const KEY_BYTES = 32;
const NUMBER_MAX = 65_535;

/**
 * Reads a 256-bit key in base64.
 * @throws Error that says what is wrong, never with the text itself.
 */
export function parseKey(text: string): KeyObject {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== KEY_BYTES) throw new Error(`must be ${KEY_BYTES} bytes in base64`);
  return createSecretKey(bytes);
}

/**
 * Reads a ring such as `2:<base64>,1:<base64>`, also with one key a line. The first key is the current one.
 * @throws Error that says what is wrong, never with a key.
 */
export function parseKeyRing(text: string): KeyRing {
  const keys = new Map<number, KeyObject>();
  for (const entry of text.split(/[\s,]+/).filter(Boolean)) {
    const [, digits, key = ''] = /^(\d{1,5}):(.+)$/.exec(entry) ?? [];
    const number = Number(digits);
    if (!(number >= 1 && number <= NUMBER_MAX)) {
      throw new Error(`must be keys such as 1:<base64>, each with a number from 1 to ${NUMBER_MAX}`);
    }
    if (keys.has(number)) throw new Error(`has two keys with the number ${number}`);
    try {
      keys.set(number, parseKey(key));
    } catch (error) {
      throw new Error(`key ${number} ${(error as Error).message}`);
    }
  }
  const [current] = keys.keys();
  if (current === undefined) throw new Error('has no key');
  return { current, keys };
}
