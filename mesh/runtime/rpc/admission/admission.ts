import type { DescMethod } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { Priority } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { tryLater } from '../../errors.ts';
import { meter } from '../../telemetry.ts';
import { rulesOf } from '../rules.ts';
import { Bulkhead, type BulkheadLimits } from './bulkhead.ts';
import type { Shedder } from './shedder.ts';

/** Lets calls in as far as there is room for them. */
export interface Admission {
  /**
   * Resolves when a call may begin, which `leave` then ends. Throws RESOURCE_EXHAUSTED with reason `OVERLOADED` when there is too much to do,
   * and the signal's reason when the call ends while it waits.
   */
  enter(method: DescMethod, signal: AbortSignal): Promise<void>;
  leave(method: DescMethod): void;
}

export interface AdmissionOptions {
  readonly shedder: Shedder;
  readonly limits: (method: DescMethod) => BulkheadLimits;
  /** What the calls of several RPCs take part of, beside their own limits. */
  readonly shared?: { readonly limits: BulkheadLimits; takes(method: DescMethod): boolean };
}

/** After how long a refused call is as well tried again: what is refused first is let in last. */
const RETRY_AFTER_MS: Readonly<Record<Priority, number>> = {
  [Priority.CRITICAL]: 1_000,
  [Priority.NORMAL]: 2_000,
  [Priority.UNSPECIFIED]: 2_000,
  [Priority.SHEDDABLE]: 5_000,
};

type Reason = 'event_loop' | 'queue_full';

const shed = meter.createCounter('kreki.rpc.shed', { description: 'Calls refused because there is too much to do' });
const waits = meter.createHistogram('kreki.rpc.queue.duration', {
  unit: 's',
  description: 'How long calls waited for their turn, of those that did',
});

export function createAdmission({ shedder, limits, shared }: AdmissionOptions): Admission {
  const bulkheads = new Map<DescMethod, Bulkhead>();
  const common = shared && new Bulkhead(shared.limits, () => new Error('the common queue has no end'));
  const bulkheadOf = (method: DescMethod): Bulkhead => {
    let known = bulkheads.get(method);
    if (!known) {
      known = new Bulkhead(limits(method), () => refusal(method, 'queue_full'));
      bulkheads.set(method, known);
    }
    return known;
  };
  const isFree = ({ running, limits }: Bulkhead) => running < limits.running;

  return {
    async enter(method, signal) {
      if (!shedder.admits(rulesOf(method).priority)) throw refusal(method, 'event_loop');
      const own = bulkheadOf(method);
      const also = common && shared?.takes(method) ? common : undefined;
      const waitsSinceMs = isFree(own) && (!also || isFree(also)) ? undefined : performance.now();
      await own.enter(signal);
      try {
        await also?.enter(signal);
      } catch (error) {
        own.leave();
        throw error;
      }
      if (waitsSinceMs !== undefined)
        waits.record((performance.now() - waitsSinceMs) / 1_000, { 'rpc.method': nameOf(method) });
    },

    leave(method) {
      if (common && shared?.takes(method)) common.leave();
      bulkheadOf(method).leave();
    },
  };
}

function refusal(method: DescMethod, reason: Reason): Error {
  shed.add(1, { 'rpc.method': nameOf(method), reason });
  const message = 'there is too much to do now; try again shortly';
  return tryLater(Code.ResourceExhausted, 'OVERLOADED', message, RETRY_AFTER_MS[rulesOf(method).priority]);
}

const nameOf = (method: DescMethod) => `${method.parent.typeName}/${method.name}`;
