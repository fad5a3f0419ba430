import type { DescMethod } from '@bufbuild/protobuf';
import { Priority } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { rulesOf } from '../rules.ts';
import type { BulkheadLimits } from './bulkhead.ts';

/** Streams of one RPC that a process carries at the same time; they hold memory, but nothing that others wait for. */
const STREAMS = 10_000;

/** Of what a process has, as much as one RPC may take: no single one, however slow, leaves the others without. */
const SHARE: Readonly<Record<Priority, number>> = {
  [Priority.CRITICAL]: 2 / 3,
  [Priority.NORMAL]: 1 / 2,
  [Priority.SHEDDABLE]: 1 / 4,
  [Priority.UNSPECIFIED]: 1 / 2,
};

/** Longer for what must not be refused; short for what is as well asked again later. */
const WAITING: Readonly<Record<Priority, number>> = {
  [Priority.CRITICAL]: 1_000,
  [Priority.NORMAL]: 200,
  [Priority.SHEDDABLE]: 20,
  [Priority.UNSPECIFIED]: 200,
};

/** How many calls of an RPC a process answers at the same time, and how many wait. `capacity` is what they share: connections to the database. */
export function limitsOf(method: DescMethod, capacity: number): BulkheadLimits {
  const { priority, maxConcurrency } = rulesOf(method);
  if (method.methodKind !== 'unary') return { running: maxConcurrency ?? STREAMS, waiting: 0 };
  const running = maxConcurrency ?? Math.max(1, Math.floor(capacity * SHARE[priority]));
  return { running, waiting: WAITING[priority] };
}

/** How much all calls that are not critical may take together: some is always left for those that are. */
export const sharedLimits = (capacity: number): BulkheadLimits => ({
  running: Math.max(1, Math.floor((capacity * 3) / 4)),
  // As many as the RPCs' own limits let come so far.
  waiting: Number.POSITIVE_INFINITY,
});

/** Whether an RPC's calls take of what is shared: one that lets more in at once than there is cannot hold a part each. */
export const takesShared = (method: DescMethod, capacity: number): boolean =>
  method.methodKind === 'unary' &&
  rulesOf(method).priority !== Priority.CRITICAL &&
  limitsOf(method, capacity).running <= capacity;
