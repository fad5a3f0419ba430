import { Code } from '@connectrpc/connect';
import { clientAddress } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { useRefreshToken } from '../sessions/renew-session.ts';
import { signedIn } from '../sessions/signed-in.ts';
import type { AuthRpc } from './auth-rpc.ts';

export const refresh =
  (context: Context): AuthRpc['refresh'] =>
  async ({ refreshToken }, rpc) => {
    const renewal = await useRefreshToken(context.database, context.config, refreshToken, clientAddress(rpc));
    switch (renewal.outcome) {
      case 'renewed':
        return signedIn(context, renewal.session);
      case 'reused':
        await context.revocations.publish(renewal.revocations);
        throw fail(
          Code.Unauthenticated,
          'REFRESH_TOKEN_REUSED',
          'This refresh token was used before. Its session has ended; sign in again.',
        );
      case 'refused':
        throw fail(Code.Unauthenticated, 'REFRESH_TOKEN_INVALID', 'This refresh token does not hold. Sign in again.');
      default:
        return renewal satisfies never;
    }
  };
