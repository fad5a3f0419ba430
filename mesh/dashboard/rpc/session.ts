import { Code, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { SessionService } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import { fail } from '@kreki/runtime/errors';
import type { Context } from '../context.ts';
import { noCookie, sessionCookie, sessionIdOf } from '../session/cookie.ts';

/** Signing in and out sets the session's cookie; everybody else's calls carry it. */
export function sessionRpc({ sessions }: Context): ServiceImpl<typeof SessionService> {
  const signedIn = (call: HandlerContext, { id, viewer }: Awaited<ReturnType<typeof sessions.signIn>>) => {
    const encrypted = call.requestHeader.get('x-forwarded-proto') === 'https';
    call.responseHeader.set('set-cookie', sessionCookie(id, encrypted));
    return { viewer };
  };
  const idOf = (call: HandlerContext) => sessionIdOf(call.requestHeader.get('cookie'));
  return {
    signIn: async ({ email, password }, call) => signedIn(call, await sessions.signIn(email, password)),
    signInWithKey: async ({ key }, call) => signedIn(call, await sessions.signInWithKey(key)),
    async signOut(_, call) {
      await sessions.signOut(idOf(call));
      call.responseHeader.set('set-cookie', noCookie());
      return {};
    },
    async getViewer(_, call) {
      const viewer = sessions.viewer(idOf(call));
      if (!viewer) throw fail(Code.Unauthenticated, 'SIGN_IN_REQUIRED', 'sign in to do this');
      return { viewer };
    },
  };
}
