import type { Context } from '../context.ts';
import { revokeSessions } from '../store/revocations.ts';
import { type EndReason, endSession } from '../store/sessions.ts';

/** Ends a session with every token issued for it. A repeat does no harm. */
export async function closeSession(context: Context, sessionId: string, reason: EndReason): Promise<void> {
  const revocations = await context.database.transaction(async (tx) => {
    await endSession(tx, sessionId, reason);
    return revokeSessions(tx, [sessionId], context.config.accessTokenLifetimeMs);
  });
  await context.revocations.publish(revocations);
}
