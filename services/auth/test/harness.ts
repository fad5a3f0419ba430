import { randomBytes, randomUUID } from 'node:crypto';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { testMesh } from '@kreki/runtime/testing/harness';
import { Redis } from 'ioredis';
import pg from 'pg';
import { readConfig } from '../config.ts';
import { startAuth } from '../service.ts';
import { PASSWORD } from './helpers.ts';
import { holderUrls, startHolders } from './holders.ts';

/**
 * KREKI ID on a test mesh of its own.
 * @param redisUrl of its Redis, as somebody who may do everything there; that of the test mesh when not given.
 */
export async function authMesh(name: string, extra: Record<string, string> = {}, redisUrl?: string) {
  const mesh = await testMesh(`auth_${name}`);
  const holders = await startHolders(mesh);
  const env = mesh.env('auth', {
    SIGNING_KEYS_SECRET: randomBytes(32).toString('base64'),
    ...holderUrls(holders),
    ...extra,
  });
  const service = await startAuth(readConfig(env));
  mesh.onStop(() => service.stop());
  const pool = new pg.Pool({ connectionString: mesh.databaseUrl, max: 2 });
  mesh.onStop(() => pool.end());
  const redis = new Redis(redisUrl ?? mesh.redisUrl, { lazyConnect: true });
  redis.on('error', () => undefined);
  mesh.onStop(() => redis.disconnect());
  const auth = await mesh.client(AuthService, service.url);
  const users = await mesh.client(UserAdminService, service.url);

  const registration = (changes: object = {}) => ({
    email: `${randomUUID()}@kreki.test`,
    password: PASSWORD,
    fullName: 'Sari Dewi',
    ...changes,
  });
  const register = async (changes: object = {}) => {
    const { user, ...tokens } = await auth.register(registration(changes));
    if (user === undefined) throw new Error('no user');
    return { ...tokens, user };
  };

  return {
    mesh,
    env,
    holders,
    service,
    pool,
    redis,
    auth,
    users,
    registration,
    register,
    /** Somebody signed in with a role that the database gave them. */
    async signedInAs(role: string) {
      const { user } = await register();
      await pool.query('UPDATE users SET role = $2 WHERE id = $1', [user.id, role]);
      return auth.login({ email: user.email, password: PASSWORD });
    },
    /** Events left in the outbox about an aggregate, in order. */
    async events(aggregateId: string): Promise<{ subject: string; payload: Buffer }[]> {
      const statement = 'SELECT subject, payload FROM outbox WHERE aggregate_id = $1 ORDER BY seq';
      return (await pool.query(statement, [aggregateId])).rows;
    },
    stop: () => mesh.stop(),
  };
}
