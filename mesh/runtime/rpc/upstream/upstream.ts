import { setTimeout as sleep } from 'node:timers/promises';
import type { DescMethod } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { Priority } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { reasonOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { meter } from '../../telemetry.ts';
import { isFinal, markFinal } from '../metadata.ts';
import type { MethodRules } from '../rules.ts';
import { type BreakerSettings, type BreakerState, createBreaker, type Verdict } from './breaker.ts';
import { RetryBudget } from './retry-budget.ts';

const BREAKER: BreakerSettings = { windowMs: 10_000, minimumCalls: 20, faultPercentage: 50, retryAfterMs: 2_000 };
/** Those whom one failure hit do not come back all at once. */
const RETRY_SPREAD_MS = 50;

/** One call as its caller made it. */
export interface Call {
  readonly method: DescMethod;
  /** Undefined for services of third parties, such as gRPC's health service, which are called as they are. */
  readonly rules: MethodRules | undefined;
  readonly signal: AbortSignal;
  /** Whether the caller's own deadline is shorter than the contract's. */
  readonly hasty: boolean;
}

/** How calls to one service are guarded: a circuit breaker, and a second attempt where the contract and the budget allow it. */
export interface Upstream {
  readonly breaker: BreakerState;
  unary<T>(call: Call, attempt: () => Promise<T>): Promise<T>;
  /** Throws UNAVAILABLE `UPSTREAM_DOWN` instead of opening a stream to a service that does not answer. */
  admitStream(call: Pick<Call, 'rules'>): void;
  stop(): void;
}

const retries = meter.createCounter('kreki.rpc.client.retries', { description: 'RPCs sent a second time' });
const withheld = meter.createCounter('kreki.rpc.client.retries_withheld', {
  description: 'RPCs not sent a second time because the budget of retries was spent',
});

export interface UpstreamOptions {
  /** Whether this process tries again, or a proxy beside it does. */
  readonly retries: boolean;
  readonly breaker?: BreakerSettings;
  readonly log?: Logger;
}

export function openUpstream(name: string, options: UpstreamOptions): Upstream {
  const breaker = createBreaker(name, options.breaker ?? BREAKER, options.log);
  const budget = new RetryBudget();

  /** What is critical is never refused by a guess: it may be that only other RPCs fail. */
  const passesOpen = (rules: MethodRules) => rules.priority === Priority.CRITICAL && breaker.state !== 'closed';

  const passing = async <T>(attempt: () => Promise<T>): Promise<T> => {
    const answer = await attempt();
    breaker.answered();
    return answer;
  };

  return {
    get breaker() {
      return breaker.state;
    },

    async unary({ method, rules, signal, hasty }, attempt) {
      if (!rules) return attempt();
      const judge = (error: unknown) => verdictOn(error, hasty);
      const once = () => (passesOpen(rules) ? passing(attempt) : breaker.run(() => asCutShort(attempt, signal), judge));
      budget.earn();
      try {
        return await once().catch(async (error: unknown) => {
          if (!options.retries || !rules.retryable || !isPassing(error) || signal.aborted) throw error;
          const attributes = { 'kreki.callee': name, 'rpc.method': `${method.parent.typeName}/${method.name}` };
          if (!budget.spend()) {
            withheld.add(1, attributes);
            throw error;
          }
          await sleep(Math.random() * RETRY_SPREAD_MS, undefined, { signal }).catch(() => undefined);
          if (signal.aborted) throw error;
          retries.add(1, attributes);
          return once();
        });
      } catch (error) {
        throw markFinal(error);
      }
    },

    admitStream({ rules }) {
      if (rules && !passesOpen(rules)) breaker.check();
    },

    stop: () => breaker.stop(),
  };
}

/** Whether it is worth another attempt: nobody answered, and nobody further on has tried again already or asked not to. */
const isPassing = (error: unknown): boolean =>
  error instanceof ConnectError && error.code === Code.Unavailable && !isFinal(error);

/** A call that its deadline ended comes back cancelled; what it says of the service is that it did not answer in time. */
async function asCutShort<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    throw signal.aborted && signal.reason instanceof ConnectError ? signal.reason : error;
  }
}

/** A deadline shorter than the contract's is the caller's own haste, and an `internal` that the service explains itself is one call's mishap. */
function verdictOn(error: unknown, hasty: boolean): Verdict {
  if (!(error instanceof ConnectError)) return 'fault';
  switch (error.code) {
    case Code.Unavailable:
      return 'fault';
    case Code.DeadlineExceeded:
      return hasty ? 'nothing' : 'fault';
    case Code.Canceled:
      return 'nothing';
    case Code.Internal:
      return reasonOf(error) === '' ? 'fault' : 'answer';
    default:
      return 'answer';
  }
}
