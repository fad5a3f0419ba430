import type { Logger } from '@kreki/runtime/log';
import { type Loop, loop } from '@kreki/runtime/loop';
import type { Answers, Probe } from './probes.ts';

const INTERVAL_MS = 5_000;

/** What workloads say of themselves, asked every five seconds. */
export class HealthSource {
  readonly #answers = new Map<string, Answers>();
  readonly #probes: Readonly<Record<string, Probe>>;
  readonly #loop: Loop;
  lastMs: number | undefined;

  constructor(probes: Readonly<Record<string, Probe>>, log: Logger) {
    this.#probes = probes;
    this.#loop = loop('health', INTERVAL_MS, () => this.#askAll(), { log });
    this.#loop.start();
  }

  /** Undefined when it was not asked. */
  of(workload: string): Answers | undefined {
    return this.#answers.get(workload);
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    for (const probe of Object.values(this.#probes)) probe.close();
  }

  async #askAll(): Promise<void> {
    await Promise.all(
      Object.entries(this.#probes).map(async ([name, probe]) => this.#answers.set(name, await probe.ask())),
    );
    this.lastMs = Date.now();
  }
}
