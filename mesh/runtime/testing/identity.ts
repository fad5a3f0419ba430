import { randomUUID } from 'node:crypto';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../identity/verifier.ts';
import { implement } from '../rpc/handlers.ts';
import { startRpcServer } from '../rpc/server.ts';
import type { TestIdentities } from './identities.ts';

export interface TestPerson {
  readonly userId?: string;
  readonly sessionId?: string;
  readonly role?: string;
  /** Each `resource:action`. */
  readonly permissions?: readonly string[];
  /** Unix time in milliseconds; now when not given. */
  readonly issuedAtMs?: number;
}

/** A KREKI ID for tests: serves its public key over AuthService.GetJwks, and signs tokens for anybody. */
export async function startIdentity(mesh: TestIdentities) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = randomUUID();
  const { kty = '', crv = '', x = '', y = '' } = await exportJWK(publicKey);
  const unimplemented = Object.fromEntries(
    AuthService.methods.map((method) => [
      method.localName,
      () => {
        throw new ConnectError('not part of the test identity', Code.Unimplemented);
      },
    ]),
  ) as unknown as ServiceImpl<typeof AuthService>;
  const keys = [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }];
  const server = await startRpcServer({
    identity: mesh.of('auth'),
    host: '127.0.0.1',
    port: 0,
    interceptors: [],
    implementations: [implement(AuthService, { ...unimplemented, getJwks: () => ({ keys }) })],
    drainMs: 500,
  });
  return {
    url: server.url,
    stop: () => server.stop(),

    /** A valid access token. */
    async tokenFor(person: TestPerson = {}): Promise<string> {
      const issuedAtMs = person.issuedAtMs ?? Date.now();
      const { role = 'public', permissions = [], sessionId = randomUUID(), userId = randomUUID() } = person;
      return new SignJWT({ sid: sessionId, role, perms: permissions, iat_ms: issuedAtMs })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setSubject(userId)
        .setIssuer(TOKEN_ISSUER)
        .setAudience(TOKEN_AUDIENCE)
        .setIssuedAt(Math.floor(issuedAtMs / 1_000))
        .setExpirationTime(Math.floor(issuedAtMs / 1_000) + 86_400)
        .sign(privateKey);
    },
  };
}
