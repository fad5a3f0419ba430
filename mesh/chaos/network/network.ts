import { Worker } from 'node:worker_threads';
import type { Condition, LinkState } from '@kreki/runtime/testing/link/condition';
import type { Answer, Order } from './worker.ts';

/** From whom to whom. */
export interface Way {
  readonly from: string;
  readonly to: string;
}

export const nameOf = ({ from, to }: Way): string => `${from} → ${to}`;

/** All links between the parts of a mesh. */
export class Network {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url));
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #next = 0;

  constructor() {
    this.#worker.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(answer.error));
    });
    const giveUp = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    this.#worker.on('error', giveUp);
    this.#worker.on('exit', () => giveUp(new Error('the links have ended')));
  }

  /** @param port Where the one calls; what comes there goes to the other's `target`. */
  async open(way: Way, port: number, target: number): Promise<void> {
    await this.#tell({ do: 'open', name: nameOf(way), port, target });
  }

  async set(way: Way, condition: Condition): Promise<void> {
    await this.#tell({ do: 'set', name: nameOf(way), condition });
  }

  /** Every connection of the link becomes half-open. */
  async forget(way: Way): Promise<void> {
    await this.#tell({ do: 'forget', name: nameOf(way) });
  }

  /** By name. */
  async states(): Promise<Readonly<Record<string, LinkState>>> {
    const { states } = await this.#tell({ do: 'states' });
    return states ?? {};
  }

  /** Ends every link, and what goes through it, at once. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(order: Order): Promise<Answer> {
    const id = this.#next++;
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting.set(id, waiting);
    this.#worker.postMessage({ id, order });
    return waiting.promise;
  }
}
