import type { Policy } from './policy.ts';

/** What an emergency waits for. */
export interface Waiting {
  readonly expiriesMs: readonly number[];
  readonly escalationMs: number | undefined;
  readonly seeking: boolean;
  readonly searched: boolean;
  readonly shortfall: boolean;
  readonly failedSearches: number;
  readonly ageMs: number;
  readonly filled: boolean;
  readonly policy: Policy;
  readonly nowMs: number;
}

/** When dispatch must look again: at the earliest of what it waits for; undefined when that is nothing. */
export function nextStep({
  expiriesMs,
  escalationMs,
  seeking,
  searched,
  shortfall,
  failedSearches,
  ageMs,
  filled,
  policy,
  nowMs,
}: Waiting): number | undefined {
  if (filled) return undefined;
  const due = [...expiriesMs];
  if (escalationMs !== undefined) due.push(escalationMs);
  if (seeking && failedSearches > 0) {
    due.push(nowMs + Math.min(policy.retryMs * 2 ** (failedSearches - 1), policy.retryMaxMs));
  } else if (seeking && !searched) {
    due.push(nowMs);
  } else if (seeking && shortfall) {
    // The longer nobody could be found, the less often somebody new will be.
    due.push(nowMs + Math.min(Math.max(policy.searchAgainMs, ageMs / 10), policy.searchAgainMaxMs));
  } else if (seeking) {
    due.push(nowMs + policy.checkOffersMs);
  }
  return due.length > 0 ? Math.max(nowMs, Math.min(...due)) : undefined;
}
