import { Code } from '@connectrpc/connect';
import { RateLimitKey } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { tryLater } from '@kreki/runtime/errors';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../http/client-address.ts';
import type { EdgeMethod } from '../registry.ts';
import type { SharedState } from './shared-state.ts';

export interface Limits {
  /** Counts a call; throws RESOURCE_EXHAUSTED with reason `RATE_LIMITED` when it is one too many, by any of the limits on it. */
  take(target: EdgeMethod, clientIp: string, userId?: string): Promise<void>;
}

/** Counts in Redis for all replicas together; while Redis is away each counts by itself. */
interface Limiter {
  take(key: string): Promise<void>;
}

export function createLimits(
  shared: SharedState,
  perMinute: { readonly ip: number; readonly user: number },
  methods: readonly EdgeMethod[],
): Limits {
  const ofIp = createLimiter(shared, 'ip', perMinute.ip, 60);
  const ofUser = createLimiter(shared, 'user', perMinute.user, 60);
  const ofMethod = new Map<EdgeMethod, Limiter>();
  for (const target of methods) {
    const limit = target.rules.rateLimit;
    if (limit) ofMethod.set(target, createLimiter(shared, target.name, limit.requests, limit.windowMs / 1_000));
  }

  return {
    async take(target, clientIp, userId) {
      const network = networkOf(clientIp);
      const counted: Promise<void>[] = [];
      if (!isSignedByProvider(target)) counted.push(ofIp.take(network));
      if (userId) counted.push(ofUser.take(userId));
      const own = ofMethod.get(target);
      if (own) {
        const byUser = target.rules.rateLimit?.key === RateLimitKey.USER;
        counted.push(own.take(byUser && userId ? userId : network));
      }
      const results = await Promise.allSettled(counted);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}

/** A provider's webhook: its signature is checked by the service, and all of its calls come from a few addresses. */
const isSignedByProvider = (target: EdgeMethod) => target.rules.forwardHeaders.length > 0;

function createLimiter(shared: SharedState, name: string, requests: number, windowSeconds: number): Limiter {
  const options = { keyPrefix: `kreki:edge:limit:${name}`, points: requests, duration: windowSeconds };
  const here = new RateLimiterMemory(options);
  const everywhere = new RateLimiterRedis({
    ...options,
    storeClient: shared.redis,
    // Who is over the limit is refused here until the window ends, without a question to Redis.
    inMemoryBlockOnConsumed: requests + 1,
  });
  return {
    async take(key) {
      const counted = await shared.ask('limits', () => consume(everywhere, key));
      const result = counted ?? (await consume(here, key));
      if (result.allowed) return;
      const seconds = Math.max(1, Math.ceil(result.msBeforeNext / 1_000));
      const message = `too many calls; try again in ${seconds} s`;
      throw tryLater(Code.ResourceExhausted, 'RATE_LIMITED', message, seconds * 1_000);
    },
  };
}

async function consume(limiter: RateLimiterAbstract, key: string) {
  try {
    return { allowed: true, msBeforeNext: (await limiter.consume(key)).msBeforeNext };
  } catch (error) {
    if (error instanceof RateLimiterRes) return { allowed: false, msBeforeNext: error.msBeforeNext };
    throw error;
  }
}
