import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { DescService } from '@bufbuild/protobuf';
import { Audience, Audit } from '@kreki/gen/kreki/options/v1/options_pb.js';
import { rulesOf } from '@kreki/runtime/rpc/rules';
import { services } from '../../../mesh/topology.ts';
import { authMesh } from './harness.ts';
import { bearer } from './helpers.ts';

const { users, signedInAs, pool, stop } = await authMesh('audited');
after(stop);

/** Roles of people who, as such, have to do with nobody's data but their own. */
const ORDINARY = ['public', 'volunteer', 'patient', 'operator', 'facility_admin'];

async function contracts(): Promise<DescService[]> {
  const typeNames = new Set(Object.values(services).flatMap(({ serves }) => serves));
  return Promise.all(
    [...typeNames].map(async (typeName) => {
      const parts = typeName.split('.');
      const name = parts.pop() ?? '';
      const file = name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
      return (await import(`@kreki/gen/${parts.join('/')}/${file}_pb.js`))[name];
    }),
  );
}

test('every RPC whose permission ordinary people lack puts its calls on record', async () => {
  const { rows } = await pool.query<{ permission: string }>(
    'SELECT DISTINCT unnest(permissions) AS permission FROM roles WHERE name = ANY($1)',
    [ORDINARY],
  );
  const ordinary = new Set(rows.map(({ permission }) => permission));
  assert.ok(ordinary.has('emergencies:create') && !ordinary.has('users:read'));
  const methods = (await contracts()).flatMap(({ methods }) => methods);
  const privileged = methods.filter((method) => {
    const { audience, permission } = rulesOf(method);
    return audience === Audience.PERMITTED && !ordinary.has(permission);
  });
  assert.ok(privileged.length >= 15, `only ${privileged.length} were found`);
  for (const method of privileged) assert.equal(rulesOf(method).audit, Audit.PEOPLE, method.toString());
});

test('admins read the record, and nobody else', async () => {
  const { rows } = await pool.query(`SELECT name FROM roles WHERE 'audit:read' = ANY(permissions)`);
  assert.deepEqual(rows, [{ name: 'admin' }]);
});

test('what an admin does to an account is on record with the account', async () => {
  const admin = await signedInAs('admin');
  const person = await signedInAs('public');
  const userId = person.user?.id ?? '';
  await users.updateUserRole({ userId, role: 'volunteer' }, bearer(admin));
  await users.deactivateUser({ userId, reason: 'asked for it' }, bearer(admin));
  await users.upsertRole({ role: { name: 'trainer', permissions: [] } }, bearer(admin));
  const { rows } = await pool.query(
    `SELECT split_part(rpc, '/', 2) AS rpc, subjects, outcome FROM audit_entries WHERE actor_id = $1 ORDER BY sequence`,
    [admin.user?.id],
  );
  assert.deepEqual(rows, [
    { rpc: 'UpdateUserRole', subjects: [`people/${userId}`, 'roles/volunteer', 'roles/public'], outcome: 'OK' },
    { rpc: 'DeactivateUser', subjects: [`people/${userId}`], outcome: 'OK' },
    { rpc: 'UpsertRole', subjects: ['roles/trainer'], outcome: 'OK' },
  ]);
});
