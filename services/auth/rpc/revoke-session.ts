import { Code } from '@connectrpc/connect';
import { personOf } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { closeSession } from '../sessions/close-session.ts';
import { ownsSession } from '../store/sessions.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const revokeSession =
  (context: Context): AuthRpc['revokeSession'] =>
  async ({ sessionId }, rpc) => {
    if (!(await ownsSession(context.database, personOf(rpc).userId, sessionId))) {
      throw fail(Code.NotFound, 'SESSION_NOT_FOUND', 'You have no such session.');
    }
    await closeSession(context, sessionId, 'revoked');
    return {};
  };
