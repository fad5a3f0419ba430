import { type Condition, OPEN } from '@kreki/runtime/testing/link/condition';
import { type Network, nameOf, type Way } from '../network/network.ts';

/** Conditions that several faults put on the same links: of those that last, the one that came last holds. */
export class Conditions {
  readonly #network: Network;
  readonly #lasting = new Map<string, { readonly way: Way; readonly stack: { condition: Condition }[] }>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Puts a condition on links; the returned function takes it away again. */
  async put(ways: readonly Way[], conditionOf: (way: Way) => Condition): Promise<() => Promise<void>> {
    const entries = ways.map((way) => {
      const entry = this.#lasting.get(nameOf(way)) ?? { way, stack: [] };
      this.#lasting.set(nameOf(way), entry);
      const layer = { condition: conditionOf(way) };
      entry.stack.push(layer);
      return { entry, layer };
    });
    await Promise.all(ways.map((way) => this.#apply(way)));
    return async () => {
      for (const { entry, layer } of entries) entry.stack.splice(entry.stack.indexOf(layer), 1);
      await Promise.all(ways.map((way) => this.#apply(way)));
    };
  }

  #apply(way: Way): Promise<void> {
    return this.#network.set(way, this.#lasting.get(nameOf(way))?.stack.at(-1)?.condition ?? OPEN);
  }
}
