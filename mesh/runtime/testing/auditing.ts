import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { AuthAuditService } from '@kreki/gen/kreki/auth/v1/auth_audit_service_pb.js';
import { UserAdminService } from '@kreki/gen/kreki/auth/v1/user_admin_service_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import pg from 'pg';
import { byPrivilege, recordChange } from '../audit/audited.ts';
import { auditRpc } from '../audit/rpc.ts';
import type { LogLevel } from '../config.ts';
import { prepared } from '../database/sql.ts';
import { fail } from '../errors.ts';
import { implement } from '../rpc/handlers.ts';
import { createService } from '../service.ts';
import { migrationsWith } from './events.ts';
import { testMesh } from './harness.ts';

const RENAME = prepared('rename', `INSERT INTO renamed (id) VALUES ($1)`);

export const ADMIN = { role: 'admin', permissions: ['users:read', 'users:update', 'audit:read', 'emergencies:read'] };
/** An emergency of this id is the caller's own. */
export const OWN = randomUUID();

/** A service on a database of its own, with RPCs whose contracts put calls on record in each of the ways there are. */
export async function auditedService(t: TestContext) {
  const mesh = await testMesh('audit');
  t.after(() => mesh.stop());
  const config = {
    name: 'auth',
    mesh: { identity: mesh.identities.folderOf('auth'), namespace: '' },
    callers: Object.fromEntries(
      [AuthAuditService, UserAdminService, EmergencyService].map(({ typeName }) => [
        typeName,
        ['gateway', 'emergency'],
      ]),
    ),
    host: '127.0.0.1',
    port: 0,
    logLevel: (process.env.TEST_LOG_LEVEL ?? 'silent') as LogLevel,
    upstreams: { auth: mesh.identity.url },
    databaseUrl: mesh.databaseUrl,
  };
  const pool = new pg.Pool({ connectionString: mesh.databaseUrl, max: 1 });
  mesh.onStop(() => pool.end());
  await pool.query('CREATE TABLE renamed (id uuid PRIMARY KEY)');
  const builder = await createService(config, {
    migrations: migrationsWith(t, new URL('../audit/schema.sql', import.meta.url)),
  });
  const { database } = builder;

  /** A dispatcher's, unless the emergency is the caller's own. */
  const look = (id: string, call: HandlerContext) => {
    if (id !== OWN) byPrivilege(call);
    return { emergency: { id, requesterId: REQUESTER } };
  };
  const service = await builder.start({
    rpc: [
      implement(AuthAuditService, auditRpc(database)),
      implement(
        UserAdminService,
        only<typeof UserAdminService>(UserAdminService, {
          getUser: ({ userId }) => {
            if (userId === ABSENT) throw fail(Code.NotFound, 'USER_NOT_FOUND', 'no such account');
            return { user: { id: userId, email: 'sari@kreki.example', fullName: 'Sari' } };
          },
          listUsers: () => ({ users: LISTED.map((id) => ({ id })) }),
          updateUserRole: async ({ userId, role }, call) => {
            await database.transaction(async (tx) => {
              await tx.query(RENAME, [userId]);
              recordChange(call, tx, 'roles/public');
              if (role === 'broken') throw fail(Code.Aborted, 'BROKEN', 'after the entry was written');
            });
            return { user: { id: userId } };
          },
        }),
      ),
      implement(
        EmergencyService,
        only<typeof EmergencyService>(EmergencyService, {
          get: ({ id }, call) => look(id, call),
          async *watch({ id }, call) {
            yield look(id, call);
            yield look(id, call);
          },
        }),
      ),
    ],
  });
  mesh.onStop(() => service.stop());
  const clients = async (person: Parameters<typeof mesh.client>[2]) => ({
    users: await mesh.client(UserAdminService, service.url, person),
    emergencies: await mesh.client(EmergencyService, service.url, person, 'auth'),
    audit: await mesh.client(AuthAuditService, service.url, person),
  });
  return {
    mesh,
    pool,
    clients,
    /** What is on record, the oldest first. */
    async entries(): Promise<Record<string, unknown>[]> {
      return (await pool.query('SELECT * FROM audit_entries ORDER BY sequence')).rows;
    },
  };
}

export const ABSENT = randomUUID();
export const REQUESTER = randomUUID();
export const LISTED = [randomUUID(), randomUUID()];

/** An implementation that refuses what is not given. */
function only<Desc extends Parameters<typeof implement>[0]>(service: Desc, given: Partial<ServiceImpl<Desc>>) {
  const others = service.methods.map(({ localName }) => [
    localName,
    () => {
      throw new ConnectError('not part of the test', Code.Unimplemented);
    },
  ]);
  return { ...Object.fromEntries(others), ...given } as ServiceImpl<Desc>;
}
