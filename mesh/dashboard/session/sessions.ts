import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import type { AuthService, LoginResponse } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import type { ViewerSchema } from '@kreki/gen/kreki/mesh/v1/session_service_pb.js';
import { fail } from '@kreki/runtime/errors';

/** KREKI ID as anybody outside reaches it. */
type Identity = Client<typeof AuthService>;

export type Viewer = MessageInitShape<typeof ViewerSchema>;

/** Somebody who is signed in, with the tokens of KREKI ID, which the browser never sees. */
interface Session {
  accessToken: string;
  refreshToken: string;
  expireMs: number;
  lastUseMs: number;
  readonly viewer: Viewer;
  renewing: Promise<void> | undefined;
}

export interface KeyOptions {
  readonly value: string | undefined;
  readonly accountsFile: string | undefined;
}

const IDLE_MAX_MS = 12 * 3_600_000;
const SESSIONS_MAX = 1_000;
/** A token is renewed when it ends within this time. */
const RENEW_MS = 60_000;

/** Who is signed in to the dashboard. Sessions live in this process's memory: after a restart people sign in again. */
export class Sessions {
  readonly #identity: Identity;
  readonly #key: KeyOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(identity: Identity, key: KeyOptions) {
    this.#identity = identity;
    this.#key = key;
  }

  /** @returns the new session's id and whose it is; errors are those of AuthService.Login. */
  async signIn(email: string, password: string): Promise<{ id: string; viewer: Viewer }> {
    const answer = await this.#identity.login({ email, password });
    const { permissions } = await this.#identity.getMe({}, { headers: bearer(answer.accessToken) });
    if (!permissions.includes('mesh:read')) {
      await this.#identity.logout({}, { headers: bearer(answer.accessToken) });
      throw fail(Code.PermissionDenied, 'PERMISSION_REQUIRED', 'this needs the permission mesh:read', {
        permission: 'mesh:read',
      });
    }
    const viewer: Viewer = {
      userId: answer.user?.id ?? '',
      fullName: answer.user?.fullName ?? '',
      role: answer.user?.role ?? '',
      mayChange: permissions.includes('mesh:update'),
    };
    const id = randomBytes(32).toString('base64url');
    this.#forget();
    this.#sessions.set(id, { ...tokensOf(answer), lastUseMs: Date.now(), viewer, renewing: undefined });
    return { id, viewer };
  }

  /** Signs in with the launcher's key, as the first of its accounts that may read the mesh. */
  async signInWithKey(key: string): Promise<{ id: string; viewer: Viewer }> {
    const { value, accountsFile } = this.#key;
    if (!value || !accountsFile || !equal(key, value)) {
      throw fail(Code.Unauthenticated, 'KEY_INVALID', 'this key opens no session here; sign in with an account');
    }
    const accounts: { role: string; email: string; password: string }[] = JSON.parse(
      await readFile(accountsFile, 'utf8').catch(() => '[]'),
    );
    const account = accounts.find(({ role }) => ROLES.has(role));
    if (!account) throw fail(Code.Unavailable, 'SEED_PENDING', 'the mesh has no accounts yet; try again shortly');
    return this.signIn(account.email, account.password);
  }

  async signOut(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (session) await this.#identity.logout({}, { headers: bearer(session.accessToken) }).catch(() => undefined);
  }

  viewer(id: string): Viewer | undefined {
    return this.#sessions.get(id)?.viewer;
  }

  /** The access token of a session, renewed when it is about to end; undefined when there is no such session any more. */
  async accessToken(id: string): Promise<string | undefined> {
    const session = this.#sessions.get(id);
    if (!session) return undefined;
    session.lastUseMs = Date.now();
    if (session.expireMs - Date.now() < RENEW_MS) {
      session.renewing ??= this.#renew(id, session).finally(() => {
        session.renewing = undefined;
      });
      await session.renewing;
    }
    return this.#sessions.has(id) ? session.accessToken : undefined;
  }

  /** While the edge is away the old token goes on, for as long as it holds. */
  async #renew(id: string, session: Session): Promise<void> {
    try {
      Object.assign(session, tokensOf(await this.#identity.refresh({ refreshToken: session.refreshToken })));
    } catch (error) {
      if (ConnectError.from(error).code === Code.Unauthenticated) this.#sessions.delete(id);
    }
  }

  /** Makes room for a new session. */
  #forget(): void {
    for (const [id, { lastUseMs }] of this.#sessions) {
      if (lastUseMs < Date.now() - IDLE_MAX_MS) this.#sessions.delete(id);
    }
    for (const id of this.#sessions.keys()) {
      if (this.#sessions.size < SESSIONS_MAX) return;
      this.#sessions.delete(id);
    }
  }
}

const ROLES = new Set(['platform', 'admin']);

const tokensOf = ({
  accessToken,
  refreshToken,
  expiresIn,
}: Pick<LoginResponse, 'accessToken' | 'refreshToken' | 'expiresIn'>) => ({
  accessToken,
  refreshToken,
  expireMs: Date.now() + expiresIn * 1_000,
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
