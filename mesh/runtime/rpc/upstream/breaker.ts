import { Code, ConnectError } from '@connectrpc/connect';
import CircuitBreaker from 'opossum';
import { tryLater } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { meter } from '../../telemetry.ts';

export interface BreakerSettings {
  /** Faults and successes are counted over this time. */
  readonly windowMs: number;
  /** Fewer calls than this in the window never open it. */
  readonly minimumCalls: number;
  readonly faultPercentage: number;
  /** How long it refuses before it lets one call try. */
  readonly retryAfterMs: number;
}

/** What a failure says of the service: that it is not well, that it answers, or nothing, such as when the caller left. */
export type Verdict = 'fault' | 'answer' | 'nothing';

export type BreakerState = 'closed' | 'half-open' | 'open';

/** Refuses calls to a service that does not answer, so that callers learn it at once and the service can recover. */
export interface Breaker {
  readonly state: BreakerState;
  /** Runs a call. While open it throws UNAVAILABLE with reason `UPSTREAM_DOWN`. */
  run<T>(call: () => Promise<T>, judge: (error: unknown) => Verdict): Promise<T>;
  /** Throws as `run` would, without a call. */
  check(): void;
  /** A call that was let pass it was answered: if it waits for such a sign, it closes. */
  answered(): void;
  stop(): void;
}

const transitions = meter.createCounter('kreki.rpc.client.breaker.transitions', {
  description: 'Changes of the state of circuit breakers',
});
const states = meter.createGauge('kreki.rpc.client.breaker.state', {
  description: 'State of circuit breakers: 0 closed, 1 half-open, 2 open',
});
const LEVEL: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

type Outcome = { value: unknown } | { error: unknown };

export function createBreaker(upstream: string, settings: BreakerSettings, log?: Logger): Breaker {
  // A failure that is the caller's own is an outcome like any other: it says that the service answers.
  const attempt = async (call: () => Promise<unknown>, judge: (error: unknown) => Verdict): Promise<Outcome> => {
    try {
      return { value: await call() };
    } catch (error) {
      const verdict = judge(error);
      // The one call that is let try must bring an answer; when it brings nothing, another one has to.
      if (verdict === 'fault' || (verdict === 'nothing' && circuit.halfOpen)) throw error;
      return { error };
    }
  };
  const circuit = new CircuitBreaker(attempt, {
    name: upstream,
    timeout: false,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: 10,
    rollingPercentilesEnabled: false,
    volumeThreshold: settings.minimumCalls,
    errorThresholdPercentage: settings.faultPercentage,
    resetTimeout: settings.retryAfterMs,
  });

  const changed = (state: BreakerState) => {
    transitions.add(1, { 'kreki.callee': upstream, state });
    states.record(LEVEL[state], { 'kreki.callee': upstream });
    log?.[state === 'open' ? 'warn' : 'info']({ upstream, state }, 'circuit breaker changed');
  };
  circuit.on('open', () => changed('open'));
  circuit.on('halfOpen', () => changed('half-open'));
  circuit.on('close', () => changed('closed'));
  states.record(LEVEL.closed, { 'kreki.callee': upstream });

  const down = (cause?: unknown) =>
    tryLater(
      Code.Unavailable,
      'UPSTREAM_DOWN',
      `${upstream} does not answer now; try again shortly`,
      settings.retryAfterMs,
      { upstream },
      cause,
    );

  return {
    get state() {
      if (circuit.halfOpen) return 'half-open';
      return circuit.opened ? 'open' : 'closed';
    },
    async run<T>(call: () => Promise<T>, judge: (error: unknown) => Verdict): Promise<T> {
      const outcome = await circuit.fire(call, judge).catch((error: unknown) => {
        throw error instanceof ConnectError ? error : down(error);
      });
      if ('error' in outcome) throw outcome.error;
      return outcome.value as T;
    },
    check() {
      if (circuit.opened) throw down();
    },
    answered() {
      if (circuit.halfOpen) circuit.close();
    },
    stop: () => circuit.shutdown(),
  };
}
