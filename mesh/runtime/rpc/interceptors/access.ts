import { Code, type Interceptor } from '@connectrpc/connect';
import { Audience } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { type Caller, callerKey, EDGE, NOBODY, peerKey } from '../../caller.ts';
import { fail } from '../../errors.ts';
import type { TokenClaims, TokenVerifier } from '../../identity/verifier.ts';
import { type MethodRules, rulesOf } from '../rules.ts';

/** Finds who calls, and lets the call through where the contract does. */
export function access(verify: TokenVerifier): Interceptor {
  return (next) => async (request) => {
    const caller = await identify(request.header, request.contextValues.get(peerKey), verify);
    request.contextValues.set(callerKey, caller);
    authorize(caller, rulesOf(request.method));
    return next(request);
  };
}

const BEARER = /^Bearer +([^ ]+)$/i;

/** The caller by the token, verified again here, else by the mesh identity. A token that is not valid is refused, never passed over. */
async function identify(header: Headers, peer: string | undefined, verify: TokenVerifier): Promise<Caller> {
  const authorization = header.get('authorization');
  if (authorization) {
    const token = BEARER.exec(authorization)?.[1];
    if (!token) throw fail(Code.Unauthenticated, 'TOKEN_INVALID', 'the Authorization header must be "Bearer <token>"');
    return person(await verify(token));
  }
  return peer === undefined || peer === EDGE ? NOBODY : { kind: 'service', name: peer };
}

export const person = (claims: TokenClaims): Caller => ({
  kind: 'person',
  userId: claims.userId,
  sessionId: claims.sessionId,
  role: claims.role,
  permissions: claims.permissions,
  can: (permission) => claims.permissions.has(permission),
});

/** Throws unless the contract's rules let this caller in. */
export function authorize(caller: Caller, rules: MethodRules): void {
  if (rules.audience === Audience.PUBLIC) return;
  if (caller.kind === 'service') {
    if (rules.meshCallers) return;
    throw fail(Code.PermissionDenied, 'PERSON_REQUIRED', 'only a person may call this');
  }
  if (rules.audience === Audience.MESH) {
    throw fail(Code.PermissionDenied, 'MESH_ONLY', 'only services of the mesh may call this');
  }
  if (caller.kind === 'nobody') throw fail(Code.Unauthenticated, 'SIGN_IN_REQUIRED', 'sign in to do this');
  if (rules.audience === Audience.PERMITTED && !caller.can(rules.permission)) {
    throw fail(Code.PermissionDenied, 'PERMISSION_REQUIRED', `this needs the permission ${rules.permission}`, {
      permission: rules.permission,
    });
  }
}
