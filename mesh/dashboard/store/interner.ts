/** Numbers for names that repeat. Names are kept for good, so there is a limit; those beyond it share number 0, and are read from their record. */
export class Interner {
  readonly #numbers = new Map<string, number>([['', 0]]);
  readonly #names: string[] = [''];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= this.#limit) return 0;
    const number = this.#names.push(name) - 1;
    this.#numbers.set(name, number);
    return number;
  }

  /** The number of a name that was seen; undefined when it was not. */
  find(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  name(number: number): string {
    return this.#names[number] ?? '';
  }

  get names(): readonly string[] {
    return this.#names;
  }
}
