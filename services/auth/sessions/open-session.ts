import { randomUUIDv7 } from 'node:crypto';
import type { HandlerContext } from '@connectrpc/connect';
import { clientAddress, userAgent } from '@kreki/runtime/caller';
import type { Tx } from '@kreki/runtime/database/database';
import { insertRefreshToken } from '../store/refresh-tokens.ts';
import { type Device, insertSession } from '../store/sessions.ts';
import { hashOf, newRefreshToken } from '../tokens/refresh-token.ts';
import { holdRights } from './rights.ts';
import type { OpenedSession } from './signed-in.ts';

export const deviceOf = (rpc: HandlerContext): Device => ({ userAgent: userAgent(rpc), ipAddress: clientAddress(rpc) });

/** Whose password was verified, and by which hash. */
export interface Verified {
  readonly userId: string;
  readonly passwordHash: string;
}

/** Begins a session; undefined when the account has been closed or given another password since it was verified. */
export async function openSession(
  tx: Tx,
  { userId, passwordHash }: Verified,
  device: Device,
  lifetimeMs: number,
): Promise<OpenedSession | undefined> {
  const rights = await holdRights(tx, userId);
  if (rights?.account.passwordHash !== passwordHash) return undefined;
  const sessionId = randomUUIDv7();
  const refreshToken = newRefreshToken();
  await insertSession(tx, { id: sessionId, userId, device, lifetimeMs });
  await insertRefreshToken(tx, hashOf(refreshToken), sessionId, lifetimeMs);
  return { rights, sessionId, refreshToken };
}
