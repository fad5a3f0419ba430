import { Code } from '@connectrpc/connect';
import { tryLater } from '@kreki/runtime/errors';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { networkOf } from './network.ts';

export interface LoginLimitOptions {
  /** Failures allowed in one window. */
  readonly failures: number;
  /** A window begins with the first failure. */
  readonly windowMs: number;
}

/**
 * Counts failed sign-ins by network address, over all replicas. Without Redis each replica counts for itself, which lets an
 * attacker try a few times more but keeps nobody out.
 */
export class LoginLimits {
  readonly #limiter: RateLimiterRedis;
  readonly #failures: number;

  constructor(redis: Redis, { failures, windowMs }: LoginLimitOptions) {
    const window = { points: failures, duration: Math.ceil(windowMs / 1000) };
    this.#failures = failures;
    this.#limiter = new RateLimiterRedis({
      ...window,
      storeClient: redis,
      keyPrefix: 'kreki:auth:failed-logins',
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(window),
    });
  }

  /** @throws ConnectError RESOURCE_EXHAUSTED `TOO_MANY_FAILED_LOGINS` when the address has used up its failures. */
  async admit(address: string): Promise<void> {
    const counted = await this.#limiter.get(networkOf(address));
    if (counted === null || counted.consumedPoints < this.#failures) return;
    throw tryLater(
      Code.ResourceExhausted,
      'TOO_MANY_FAILED_LOGINS',
      'Too many failed sign-ins from this network. Try again later.',
      counted.msBeforeNext,
    );
  }

  async countFailure(address: string): Promise<void> {
    await this.#limiter.penalty(networkOf(address));
  }
}
