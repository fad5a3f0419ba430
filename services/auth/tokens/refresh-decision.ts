import type { StoredRefreshToken } from '../store/refresh-tokens.ts';

/**
 * What becomes of a refresh token that is presented:
 * - `renew`: it is spent for a successor;
 * - `repeat`: its answer may have been lost on the way, so that the same successor is given again;
 * - `reused`: somebody has a copy, and the session ends;
 * - `refused`: its session has ended or it has expired.
 */
export type RefreshDecision = 'renew' | 'repeat' | 'reused' | 'refused';

/** @param retryWindowMs How long after it was spent a token may be presented again, as long as its successor has not been. */
export function decideRefresh(token: StoredRefreshToken, retryWindowMs: number): RefreshDecision {
  if (token.endReason === 'reuse') return 'reused';
  if (token.expired) return 'refused';
  if (token.spentAgoMs === null) return token.endReason === null ? 'renew' : 'refused';
  const answerMayBeLost = token.spentAgoMs <= retryWindowMs && !token.successorSpent;
  if (!answerMayBeLost) return 'reused';
  return token.endReason === null ? 'repeat' : 'refused';
}
