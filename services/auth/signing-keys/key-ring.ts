import type { CipherKey } from 'node:crypto';
import type { Database } from '@kreki/runtime/database/database';
import { deleteKeys, insertKey, listKeys, lockKeys } from '../store/signing-keys.ts';
import { activeKey, planRotation, type RotationPolicy } from './rotation.ts';
import { newSigningKey, openSigningKey, type SigningKey, type StoredKey } from './signing-key.ts';

export interface KeyRingOptions extends RotationPolicy {
  /** 32 bytes that keys are sealed under in the database. */
  readonly secret: CipherKey;
}

/** The signing keys of all replicas, kept in the database; each replica holds a copy. */
export class KeyRing {
  readonly #database: Database;
  readonly #options: KeyRingOptions;
  #keys: readonly SigningKey[] = [];

  private constructor(database: Database, options: KeyRingOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Reads the keys, and makes the first one when there is none. */
  static async open(database: Database, options: KeyRingOptions): Promise<KeyRing> {
    const ring = new KeyRing(database, options);
    await ring.refresh();
    return ring;
  }

  /** Every key that a token still valid, or soon to come, may be signed with. */
  get published(): readonly SigningKey[] {
    return this.#keys;
  }

  /** The key to sign with now. */
  get active(): SigningKey {
    const key = activeKey(this.#keys, new Date());
    if (key === undefined) throw new Error('no signing key is active yet');
    return key;
  }

  /** Rotates when it is time, one replica at a time, and reads what the others made. */
  async refresh(): Promise<void> {
    const stored = await this.#database.transaction(async (tx) => {
      await lockKeys(tx);
      const keys = await listKeys(tx);
      const now = new Date();
      const plan = planRotation(keys, now, this.#options);
      if (plan.create) await insertKey(tx, await newSigningKey(this.#options.secret, now, plan.create));
      if (plan.remove.length > 0) await deleteKeys(tx, plan.remove);
      return plan.create || plan.remove.length > 0 ? await listKeys(tx) : keys;
    });
    this.#keys = stored.map((key) => this.#known(key) ?? openSigningKey(this.#options.secret, key));
  }

  #known(stored: StoredKey): SigningKey | undefined {
    return this.#keys.find((key) => key.kid === stored.kid);
  }
}
