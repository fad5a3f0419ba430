import { startChild } from '../child.ts';
import type { Load, Order, Outcome } from './order.ts';

/** The generator as the one who measures has it: one order at a time. */
export interface Generator {
  prepare(name: string, load: Load): Promise<void>;
  closed(name: string, seconds: number, callers: number): Promise<Outcome>;
  open(name: string, seconds: number, perSecond: number): Promise<Outcome>;
  stop(): void;
}

export function startGenerator(): Generator {
  const child = startChild('generator/main.ts');
  const ask = async (order: Order): Promise<Outcome | undefined> => {
    const { outcome, failure } = await child.ask<{ outcome?: Outcome; failure?: string }>(order);
    if (failure) throw new Error(failure);
    return outcome;
  };
  const measured = async (order: Order): Promise<Outcome> => {
    const outcome = await ask(order);
    if (!outcome) throw new Error('the generator measured nothing');
    return outcome;
  };
  return {
    async prepare(name, load) {
      await ask({ kind: 'prepare', name, load });
    },
    closed: (name, seconds, callers) => measured({ kind: 'closed', name, seconds, callers }),
    open: (name, seconds, perSecond) => measured({ kind: 'open', name, seconds, perSecond }),
    stop: child.stop,
  };
}
