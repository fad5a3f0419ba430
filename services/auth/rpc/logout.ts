import { personOf } from '@kreki/runtime/caller';
import type { Context } from '../context.ts';
import { closeSession } from '../sessions/close-session.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const logout =
  (context: Context): AuthRpc['logout'] =>
  async (_request, rpc) => {
    await closeSession(context, personOf(rpc).sessionId, 'logout');
    return {};
  };
