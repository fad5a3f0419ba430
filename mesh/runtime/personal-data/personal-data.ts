import { createHmac, type KeyObject } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';
import { keyNumberOf, openValue, sealValue } from './sealed-value.ts';

/** A column whose values are sealed. Its name and its table's are part of what is authenticated: rows do not open under others. */
export interface SealedColumn {
  readonly table: string;
  /** Column of UUIDs that names a row; each value opens in its own row only. */
  readonly id: string;
  /** Of type bytea. */
  readonly column: string;
}

/** How values of one kind are hashed to be found again. */
export interface Lookup {
  /** Sets hashes of different kinds of data apart, such as `email` and `phone`. */
  readonly kind: string;
  /** Brings a value into the one form in which it is compared. */
  readonly normalise: (written: string) => string;
}

/** A sealed column whose rows can be found by their value, all of it. */
export interface LookedUpColumn extends SealedColumn {
  /** The column is of type bytea, 32 bytes whatever the value. */
  readonly lookup: Lookup & { readonly column: string };
}

/** What cannot be opened. Its message says where it is and under which key, and nothing of the value. */
export class SealedValueError extends Error {
  override readonly name = 'SealedValueError';
}

export interface PersonalDataKeys {
  readonly keys: KeyRing;
  /** Apart from the keys that seal: it stays when they are rotated. */
  readonly lookupKey: KeyObject;
}

/** Seals personal data for the database, opens it, and makes the hashes by which it is found. */
export class PersonalData {
  readonly #ring: KeyRing;
  readonly #lookupKey: KeyObject;

  constructor({ keys, lookupKey }: PersonalDataKeys) {
    this.#ring = keys;
    this.#lookupKey = lookupKey;
  }

  /** Number of the key that values are sealed under now. */
  get currentKey(): number {
    return this.#ring.current;
  }

  /** Numbers of the keys that values open under. */
  get keys(): readonly number[] {
    return [...this.#ring.keys.keys()];
  }

  seal(column: SealedColumn, rowId: string, plain: string): Buffer {
    const { current } = this.#ring;
    const key = this.#ring.keys.get(current);
    if (key === undefined) throw new Error(`the key ring lacks its current key ${current}`);
    return sealValue(key, current, plain, placeOf(column, rowId));
  }

  /** @throws SealedValueError when the key is not in the ring, or the value is not as it was sealed for this place. */
  open(column: SealedColumn, rowId: string, sealed: Uint8Array): string {
    const number = keyNumberOf(sealed);
    const place = placeOf(column, rowId);
    if (number === undefined) throw new SealedValueError(`${place} is not a sealed value`);
    const key = this.#ring.keys.get(number);
    if (key === undefined) {
      throw new SealedValueError(`${place} is sealed under key ${number}, which PERSONAL_DATA_KEYS lacks`);
    }
    try {
      return openValue(key, sealed, place);
    } catch (cause) {
      throw new SealedValueError(`${place} does not open under key ${number}`, { cause });
    }
  }

  /** The keyed hash (HMAC-SHA-256) by which rows with this value are found. */
  lookup({ lookup }: { readonly lookup: Lookup }, written: string): Buffer {
    return createHmac('sha256', this.#lookupKey)
      .update(`${lookup.kind}\0${lookup.normalise(written)}`)
      .digest();
  }
}

const placeOf = ({ table, column }: SealedColumn, rowId: string): string => `${table}.${column} of ${rowId}`;
