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
  const ask = <Answer>(order: Order) => child.ask<Answer>(order);
  return {
    prepare: (name, load) => ask<void>({ kind: 'prepare', name, load }),
    closed: (name, seconds, callers) => ask<Outcome>({ kind: 'closed', name, seconds, callers }),
    open: (name, seconds, perSecond) => ask<Outcome>({ kind: 'open', name, seconds, perSecond }),
    stop: child.stop,
  };
}
