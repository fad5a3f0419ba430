import type { Database, Tx } from '@kreki/runtime/database/database';
import type { Config } from '../config.ts';
import {
  insertRefreshToken,
  lockRefreshToken,
  ownerOf,
  type StoredRefreshToken,
  spendRefreshToken,
} from '../store/refresh-tokens.ts';
import { type Revocation, revokeSessions } from '../store/revocations.ts';
import { endSession, renewSession } from '../store/sessions.ts';
import { decideRefresh } from '../tokens/refresh-decision.ts';
import { hashOf, newRefreshToken, sealSuccessor, unsealSuccessor } from '../tokens/refresh-token.ts';
import { holdRights } from './rights.ts';
import type { OpenedSession } from './signed-in.ts';

export type Renewal =
  | { readonly outcome: 'renewed'; readonly session: OpenedSession }
  | { readonly outcome: 'reused'; readonly revocations: readonly Revocation[] }
  | { readonly outcome: 'refused' };

/** Spends a refresh token for the next one, or ends its session when it was spent before. */
export async function useRefreshToken(
  database: Database,
  config: Config,
  refreshToken: string,
  ipAddress: string,
): Promise<Renewal> {
  const userId = await ownerOf(database, hashOf(refreshToken));
  if (userId === undefined) return { outcome: 'refused' };
  return database.transaction(async (tx): Promise<Renewal> => {
    // The account is locked first, as everywhere: another order could end in a deadlock with a change of the account.
    const rights = await holdRights(tx, userId);
    const stored = await lockRefreshToken(tx, hashOf(refreshToken));
    if (rights === undefined || stored === undefined) return { outcome: 'refused' };
    const { sessionId } = stored;
    const decision = decideRefresh(stored, config.refreshRetryWindowMs);
    switch (decision) {
      case 'renew': {
        const successor = await succeed(tx, refreshToken, sessionId, config.refreshTokenLifetimeMs);
        await renewSession(tx, sessionId, ipAddress, config.refreshTokenLifetimeMs);
        return { outcome: 'renewed', session: { rights, sessionId, refreshToken: successor } };
      }
      case 'repeat':
        return { outcome: 'renewed', session: { rights, sessionId, refreshToken: successorOf(refreshToken, stored) } };
      case 'reused':
        await endSession(tx, sessionId, 'reuse');
        return { outcome: 'reused', revocations: await revokeSessions(tx, [sessionId], config.accessTokenLifetimeMs) };
      case 'refused':
        return { outcome: 'refused' };
      default:
        return decision satisfies never;
    }
  });
}

async function succeed(tx: Tx, refreshToken: string, sessionId: string, lifetimeMs: number): Promise<string> {
  const successor = newRefreshToken();
  const successorHash = hashOf(successor);
  await insertRefreshToken(tx, successorHash, sessionId, lifetimeMs);
  await spendRefreshToken(tx, hashOf(refreshToken), {
    hash: successorHash,
    sealed: sealSuccessor(refreshToken, successor),
  });
  return successor;
}

function successorOf(refreshToken: string, stored: StoredRefreshToken): string {
  if (stored.successorSealed === null) throw new Error('a spent refresh token has no successor');
  return unsealSuccessor(refreshToken, stored.successorSealed);
}
