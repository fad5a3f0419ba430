/** Repeatable random numbers (mulberry32), so that every mesh on one machine begins with the same people. */
export interface Random {
  /** From 0 up to 1. */
  uniform(): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  pick<T>(values: readonly T[]): T;
  /** A UUID of version 8 (RFC 9562) made of these numbers. */
  uuid(): string;
}

export function random(seed: number): Random {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(uniform() * 16).toString(16)).join('');
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    pick: (values) => {
      const value = values[Math.floor(uniform() * values.length)];
      if (value === undefined) throw new Error('nothing to pick from');
      return value;
    },
    uuid: () => `${hex(8)}-${hex(4)}-8${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}
