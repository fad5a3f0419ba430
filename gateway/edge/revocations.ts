import type { TokenClaims } from '@kreki/runtime/identity/verifier';
import type { SharedState } from './shared-state.ts';

/** Whether a token still holds. */
export type TokenState = 'holds' | 'revoked' | 'outdated';

export interface Revocations {
  /** When the shared state cannot be had in time a token goes by its signature alone, so that a press passes. */
  stateOf(claims: TokenClaims): Promise<TokenState>;
}

export function createRevocations(shared: SharedState): Revocations {
  return {
    async stateOf({ sessionId, userId, role, issuedAtMs }) {
      const keys = [
        `kreki:auth:revoked:session:${sessionId}`,
        `kreki:auth:valid-after:user:${userId}`,
        `kreki:auth:valid-after:role:${role}`,
      ];
      const found = await shared.ask('revocations', (redis) => redis.mget(keys));
      if (!found) return 'holds';
      const [revoked, userSince, roleSince] = found;
      if (revoked) return 'revoked';
      return issuedAtMs < Math.max(Number(userSince ?? 0), Number(roleSince ?? 0)) ? 'outdated' : 'holds';
    },
  };
}
