import { randomBytes } from 'node:crypto';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { Slots } from './slots.ts';

export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** OWASP's minimum for argon2id. */
export const DEFAULT_HASH_COST: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

export interface PasswordOptions extends HashCost {
  /** Hashes computed at the same time; each takes a thread and `memoryKib`. */
  readonly concurrency: number;
  /** Callers waiting for their turn. */
  readonly queueLimit: number;
}

/** Hashes and verifies passwords with argon2id, never more of them at a time than the machine can bear. */
export class Passwords {
  /** Turns of everything that computes a hash. */
  readonly slots: Slots;
  readonly #cost: HashCost;
  readonly #nobodys: string;

  private constructor(options: PasswordOptions, nobodys: string) {
    this.slots = new Slots(options.concurrency, options.queueLimit);
    this.#cost = options;
    this.#nobodys = nobodys;
  }

  static async create(options: PasswordOptions): Promise<Passwords> {
    return new Passwords(options, await hashPassword(randomBytes(32).toString('base64'), options));
  }

  /** Hashes at once; call it within a slot. */
  hash(password: string): Promise<string> {
    return hashPassword(password, this.#cost);
  }

  /**
   * Verifies at once; call it within a slot. Without a hash to compare with it verifies against one that nothing matches, so
   * that the time taken does not tell whether there is an account.
   */
  async verify(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    const matches = await verify(passwordHash ?? this.#nobodys, password);
    return matches && passwordHash != null;
  }

  /** Whether a hash was made with other parameters than those in force. */
  outdated(passwordHash: string): boolean {
    const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
    const { memoryKib, passes, lanes } = this.#cost;
    return memoryCost !== memoryKib || timeCost !== passes || parallelism !== lanes;
  }
}

/** Argon2id in PHC string form (RFC 9106). */
export function hashPassword(password: string, cost: HashCost): Promise<string> {
  return hash(password, { memoryCost: cost.memoryKib, timeCost: cost.passes, parallelism: cost.lanes });
}
