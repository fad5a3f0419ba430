import { Priority } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { type Admission, createAdmission } from '@kreki/runtime/rpc/admission/admission';
import type { BulkheadLimits } from '@kreki/runtime/rpc/admission/bulkhead';
import { watchLoad } from '@kreki/runtime/rpc/admission/event-loop';
import { rulesOf } from '@kreki/runtime/rpc/rules';
import type { Exchange } from '../http/exchange.ts';
import type { EdgeMethod } from '../registry.ts';

/** Calls of one RPC, and streams, that one process of the edge carries at the same time. Nobody waits here: the services have the queues. */
const CALLS: BulkheadLimits = { running: 1_000, waiting: 0 };
const CRITICAL_CALLS: BulkheadLimits = { running: 5_000, waiting: 0 };
const STREAMS: BulkheadLimits = { running: 10_000, waiting: 0 };

/** How much the edge carries: a service that hangs does not fill its memory, and a loop that is late is not made later. */
export interface Room {
  /** Gives a call a place until its answer is sent. Throws RESOURCE_EXHAUSTED with reason `OVERLOADED` when there is none. */
  take(target: EdgeMethod, exchange: Exchange): Promise<void>;
  stop(): void;
}

export function openRoom(shedDelayMs: number): Room {
  const load = watchLoad(shedDelayMs);
  const admission: Admission = createAdmission({
    shedder: load.shedder,
    limits(method) {
      if (method.methodKind !== 'unary') return STREAMS;
      return rulesOf(method).priority === Priority.CRITICAL ? CRITICAL_CALLS : CALLS;
    },
  });
  return {
    async take({ method }, { response }) {
      await admission.enter(method, NEVER);
      response.once('close', () => admission.leave(method));
    },
    stop: () => load.stop(),
  };
}

const NEVER = new AbortController().signal;
