/** A provider's limit on messages a second. */
export interface RateLimit {
  /** As many permits of those wanted as there are now, never touching the last `reserve`. */
  take(wanted: number, reserve?: number): number;
  /** Gives back permits that were not used. */
  giveBack(permits: number): void;
  /** Milliseconds until a permit beyond `reserve` is there. */
  waitMs(reserve?: number): number;
}

/** A token bucket that holds at most what a quarter of a second allows. */
export function tokenBucket(perSecond: number, now: () => number = performance.now.bind(performance)): RateLimit {
  const capacity = bucketSize(perSecond);
  let tokens = capacity;
  let filledAt = now();
  const fill = () => {
    const at = now();
    tokens = Math.min(capacity, tokens + ((at - filledAt) * perSecond) / 1_000);
    filledAt = at;
  };
  return {
    take(wanted, reserve = 0) {
      fill();
      const granted = Math.max(0, Math.min(wanted, Math.floor(tokens - reserve)));
      tokens -= granted;
      return granted;
    },
    giveBack(permits) {
      tokens = Math.min(capacity, tokens + permits);
    },
    waitMs(reserve = 0) {
      fill();
      return Math.max(1, Math.ceil(((reserve + 1 - tokens) * 1_000) / perSecond));
    },
  };
}

/** Permits that a bucket holds when it is full. */
export const bucketSize = (perSecond: number): number => Math.max(1, Math.ceil(perSecond / 4));

/** For channels that have no limit of their own. */
export const unlimited: RateLimit = { take: (wanted) => wanted, giveBack: () => undefined, waitMs: () => 1 };
