import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';

/** Asks a workload whether it serves; throws when it does not answer. */
export type Probe = () => Promise<boolean>;

const INTERVAL_MS = 5_000;

/** What workloads say of themselves, asked every five seconds. */
export class ServingSource {
  readonly #serving = new Map<string, boolean>();
  readonly #loop: Loop;

  constructor(probes: Readonly<Record<string, Probe>>, log: Logger) {
    const ask = async ([name, probe]: [string, Probe]) => {
      this.#serving.set(name, await probe().catch(() => false));
    };
    this.#loop = loop('health', INTERVAL_MS, async () => void (await Promise.all(Object.entries(probes).map(ask))), {
      log,
    });
    this.#loop.start();
  }

  of(workload: string): boolean | undefined {
    return this.#serving.get(workload);
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }
}

/** A workload that says by `GET /readyz` whether it serves, as the edge does. */
export const httpProbe =
  (url: string): Probe =>
  async () =>
    (await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(2_000) })).ok;
