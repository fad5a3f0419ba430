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

/** Begins a session of an account; undefined when the account does not exist or is closed. */
export async function openSession(
  tx: Tx,
  userId: string,
  device: Device,
  lifetimeMs: number,
): Promise<OpenedSession | undefined> {
  const rights = await holdRights(tx, userId);
  if (rights === undefined) return undefined;
  const sessionId = randomUUIDv7();
  const refreshToken = newRefreshToken();
  await insertSession(tx, { id: sessionId, userId, device, lifetimeMs });
  await insertRefreshToken(tx, hashOf(refreshToken), sessionId, lifetimeMs);
  return { rights, sessionId, refreshToken };
}
