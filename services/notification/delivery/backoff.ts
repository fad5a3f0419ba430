const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/** Wait before another attempt: doubles with each, half of it random, never less than what the provider asked for. */
export function backoffMs(attempts: number, atLeastMs = 0, random: () => number = Math.random): number {
  const ceiling = Math.min(FIRST_MS * 2 ** Math.max(0, attempts - 1), LONGEST_MS);
  return Math.round(Math.max(atLeastMs, ceiling / 2) + (random() * ceiling) / 2);
}
