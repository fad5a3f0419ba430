import { Code } from '@connectrpc/connect';
import { type Caller, NOBODY } from '@kreki/runtime/caller';
import { fail } from '@kreki/runtime/errors';
import type { TokenClaims, TokenVerifier } from '@kreki/runtime/identity/verifier';
import { person } from '@kreki/runtime/rpc/interceptors/access';
import type { Exchange } from '../http/exchange.ts';
import type { Revocations } from './revocations.ts';

/** Who calls, as far as the token says. */
export interface Known {
  readonly caller: Caller;
  readonly claims?: TokenClaims;
}

export interface Identity {
  /** Reads and verifies the token. One that is not valid is refused, never passed over; without one it is nobody who calls. */
  read(exchange: Exchange): Promise<Known>;
  /** Throws UNAUTHENTICATED with reason `TOKEN_REVOKED` or `TOKEN_OUTDATED` when the token holds no longer. */
  confirm(known: Known): Promise<void>;
}

const BEARER = /^Bearer +([^ ]+)$/i;

export function createIdentity(verify: TokenVerifier, revocations: Revocations): Identity {
  return {
    async read({ request }) {
      const { authorization } = request.headers;
      if (!authorization) return { caller: NOBODY };
      // Which of several holds is not for the edge to guess: somebody before it may have looked at another one.
      if (request.rawHeaders.filter((name, index) => index % 2 === 0 && /^authorization$/i.test(name)).length > 1) {
        throw fail(Code.Unauthenticated, 'TOKEN_INVALID', 'there may be one Authorization header only');
      }
      const token = BEARER.exec(authorization)?.[1];
      if (!token) {
        throw fail(Code.Unauthenticated, 'TOKEN_INVALID', 'the Authorization header must be "Bearer <token>"');
      }
      const claims = await verify(token);
      return { caller: person(claims), claims };
    },

    async confirm({ claims }) {
      if (!claims) return;
      const state = await revocations.stateOf(claims);
      switch (state) {
        case 'holds':
          return;
        case 'revoked':
          throw fail(Code.Unauthenticated, 'TOKEN_REVOKED', 'this session has ended; sign in again');
        case 'outdated':
          throw fail(Code.Unauthenticated, 'TOKEN_OUTDATED', 'rights have changed since; refresh the access token');
        default:
          state satisfies never;
      }
    },
  };
}
