/** Passwords and keys of this machine's mesh: made once, kept in `.kreki/secrets.json`, readable by its owner only. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class Secrets {
  readonly #file: string;
  readonly #values: Record<string, string>;

  constructor(dataFolder: string) {
    this.#file = join(dataFolder, 'secrets.json');
    this.#values = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : {};
  }

  /** 24 random bytes, safe in a URL and in a configuration file. */
  password(name: string): string {
    return this.#once(name, () => randomBytes(24).toString('hex'));
  }

  /** A 256-bit key in base64. */
  key(name: string): string {
    return this.#once(name, () => randomBytes(32).toString('base64'));
  }

  /** A ring with one 256-bit key; rotated by putting another before it in the file, such as `2:<base64>,1:<base64>`. */
  keyRing(name: string): string {
    return this.#once(name, () => `1:${randomBytes(32).toString('base64')}`);
  }

  /** A 2048-bit RSA private key, PKCS #8 in PEM. */
  rsaPrivateKey(name: string): string {
    return this.#once(name, () =>
      generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    );
  }

  /**
   * Lets passwords be made anew whose name holds one of the words, and puts a new key before the others in rings for which a word is
   * `personal-data`. Other keys stay: what they sealed could not be opened any more. So does the password of PostgreSQL's administrator, by
   * which the others are changed.
   */
  rotate(words: readonly string[]): void {
    for (const [name, value] of Object.entries(this.#values)) {
      if (name.startsWith('personalDataKeys.')) {
        const next = Number(/^\d+/.exec(value)?.[0] ?? 0) + 1;
        const ring = `${next}:${randomBytes(32).toString('base64')},${value}`;
        if (words.includes('personal-data')) this.#values[name] = ring;
      } else if (name !== 'postgres' && /^[0-9a-f]{48}$/.test(value) && words.some((word) => name.includes(word))) {
        delete this.#values[name];
      }
    }
    writePrivate(this.#file, `${JSON.stringify(this.#values, null, 2)}\n`);
  }

  #once(name: string, make: () => string): string {
    const known = this.#values[name];
    if (known !== undefined) return known;
    const value = make();
    this.#values[name] = value;
    writePrivate(this.#file, `${JSON.stringify(this.#values, null, 2)}\n`);
    return value;
  }
}

/** Replaces a file in one step, so that a killed launcher never leaves half of it. */
export function writePrivate(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
