import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is there, at most `patienceMs`. */
export async function until<T>(look: () => T | Promise<T>, patienceMs = 8_000): Promise<Exclude<T, false | undefined>> {
  for (const end = Date.now() + patienceMs; ; ) {
    const found = await look();
    if (found) return found as Exclude<T, false | undefined>;
    if (Date.now() > end) throw new Error(`it did not happen within ${patienceMs} ms`);
    await sleep(20);
  }
}
