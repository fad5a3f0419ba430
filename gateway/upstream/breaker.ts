import { Code, ConnectError } from '@connectrpc/connect';
import { fail } from '@kreki/runtime/errors';
import type { Logger } from '@kreki/runtime/log';
import { meter } from '@kreki/runtime/telemetry';
import CircuitBreaker from 'opossum';

export interface BreakerSettings {
  readonly windowMs: number;
  readonly minimumCalls: number;
  readonly faultPercentage: number;
  readonly retryAfterMs: number;
}

/** Refuses calls to a service that does not answer, so that callers learn it at once and the service can recover. */
export interface Breaker {
  readonly state: 'closed' | 'open' | 'half-open';
  /** Runs a call. While open it throws UNAVAILABLE with reason `UPSTREAM_DOWN`. `isFault` says which failures count against the service. */
  run<T>(call: () => Promise<T>, isFault: (error: unknown) => boolean): Promise<T>;
  /** Throws as `run` would, without a call. */
  check(): void;
  stop(): void;
}

const opened = meter.createCounter('kreki.edge.breaker.opened', { description: 'Times a circuit breaker opened' });

type Outcome = { value: unknown } | { error: unknown };

export function createBreaker(upstream: string, settings: BreakerSettings, log: Logger): Breaker {
  // A failure that is the caller's own is an outcome like any other: it says that the service answers.
  const attempt = async (call: () => Promise<unknown>, isFault: (error: unknown) => boolean): Promise<Outcome> => {
    try {
      return { value: await call() };
    } catch (error) {
      if (isFault(error)) throw error;
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
  circuit.on('open', () => {
    opened.add(1, { upstream });
    log.warn({ upstream }, 'circuit breaker opened');
  });
  circuit.on('close', () => log.info({ upstream }, 'circuit breaker closed'));

  const down = (cause?: unknown) =>
    fail(Code.Unavailable, 'UPSTREAM_DOWN', `${upstream} does not answer now; try again shortly`, { upstream }, cause);

  return {
    get state() {
      if (circuit.halfOpen) return 'half-open';
      return circuit.opened ? 'open' : 'closed';
    },
    async run<T>(call: () => Promise<T>, isFault: (error: unknown) => boolean): Promise<T> {
      const outcome = await circuit.fire(call, isFault).catch((error: unknown) => {
        throw error instanceof ConnectError ? error : down(error);
      });
      if ('error' in outcome) throw outcome.error;
      return outcome.value as T;
    },
    check() {
      if (circuit.opened) throw down();
    },
    stop: () => circuit.shutdown(),
  };
}
