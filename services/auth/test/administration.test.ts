import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Code } from '@connectrpc/connect';
import { Action } from '@kreki/gen/kreki/auth/v1/role_pb.js';
import { authMesh } from './harness.ts';
import { bearer, claimsOf, PASSWORD, reason } from './helpers.ts';

const { auth, users, pool, redis, events, register, signedInAs, stop } = await authMesh('administration');
after(stop);
const admin = await signedInAs('admin');
const asAdmin = bearer(admin);

const validAfter = async (subject: string) => Number(await redis.get(`kreki:auth:valid-after:${subject}`));

test('who lacks the permission learns nothing, not even whether an account exists', async () => {
  const dispatcher = bearer(await signedInAs('dispatcher'));
  await assert.rejects(users.getUser({ userId: randomUUID() }, dispatcher), { code: Code.PermissionDenied });
  await assert.rejects(users.listUsers({}, dispatcher), { code: Code.PermissionDenied });
  await assert.rejects(users.listRoles({}, dispatcher), { code: Code.PermissionDenied });
  await assert.rejects(users.listUsers({}), { code: Code.Unauthenticated });
});

test('accounts are listed the newest first, by role and by a part of the name taken literally', async () => {
  const marker = randomUUID();
  const made = [];
  for (const name of ['100% Sari', '100x Sari', 'Budi']) made.push(await register({ fullName: `${name} ${marker}` }));
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await users.listUsers({ query: marker.toUpperCase(), pageSize: 2, pageToken }, asAdmin);
    seen.push(...page.users.map((user) => user.id));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen, made.map(({ user }) => user.id).reverse());
  const literal = await users.listUsers({ query: `100% Sari ${marker}` }, asAdmin);
  assert.equal(literal.users.length, 1);
  const admins = await users.listUsers({ role: 'admin' }, asAdmin);
  assert.ok(admins.users.every((user) => user.role === 'admin'));
});

test('accounts are found by their e-mail, whole and in any letter case, and not by a part of it', async () => {
  const { user } = await register({ email: `Find.${randomUUID()}@kreki.test` });
  const found = await users.listUsers({ query: ` ${user.email.toUpperCase()}` }, asAdmin);
  assert.deepEqual(found.users, [user]);
  const byPart = await users.listUsers({ query: user.email.slice(0, -1) }, asAdmin);
  assert.deepEqual(byPart.users, []);
});

test('GetUser gives an account, or NOT_FOUND', async () => {
  const { user } = await register();
  assert.deepEqual((await users.getUser({ userId: user.id }, asAdmin)).user, user);
  await assert.rejects(users.getUser({ userId: randomUUID() }, asAdmin), reason('USER_NOT_FOUND'));
});

test('a new role outdates the tokens issued before, and Refresh gives one with the new rights', async () => {
  const person = await register();
  const { user } = await users.updateUserRole({ userId: person.user.id, role: 'volunteer' }, asAdmin);
  assert.equal(user?.role, 'volunteer');
  const outdatedBefore = await validAfter(`user:${person.user.id}`);
  assert.ok(claimsOf(person.accessToken).iat_ms < outdatedBefore);
  const renewed = await auth.refresh({ refreshToken: person.refreshToken });
  const claims = claimsOf(renewed.accessToken);
  assert.ok(claims.iat_ms >= outdatedBefore);
  assert.equal(claims.role, 'volunteer');
  assert.ok(claims.perms.includes('responses:create'));
  const subjects = (await events(person.user.id)).map(({ subject }) => subject);
  assert.deepEqual(subjects, ['kreki.auth.v1.UserRegistered', 'kreki.auth.v1.UserRoleChanged']);
});

test('giving the role somebody has changes nothing', async () => {
  const person = await register();
  await users.updateUserRole({ userId: person.user.id, role: 'public' }, asAdmin);
  assert.equal(await validAfter(`user:${person.user.id}`), 0);
  assert.equal((await events(person.user.id)).length, 1);
});

test('unknown accounts and roles are named', async () => {
  const { user } = await register();
  await assert.rejects(users.updateUserRole({ userId: user.id, role: 'wizard' }, asAdmin), reason('ROLE_NOT_FOUND'));
  await assert.rejects(
    users.updateUserRole({ userId: randomUUID(), role: 'volunteer' }, asAdmin),
    reason('USER_NOT_FOUND'),
  );
});

test('nobody gives or takes more rights than they have', async () => {
  const permissions = [{ resource: 'users', actions: [Action.READ, Action.UPDATE, Action.DELETE] }];
  await users.upsertRole({ role: { name: 'staff', description: 'Manages accounts', permissions } }, asAdmin);
  const staff = bearer(await signedInAs('staff'));
  const { user } = await register();
  await assert.rejects(users.updateUserRole({ userId: user.id, role: 'admin' }, staff), reason('ROLE_ABOVE_CALLER'));
  const adminId = admin.user?.id ?? '';
  await assert.rejects(users.updateUserRole({ userId: adminId, role: 'staff' }, staff), reason('ROLE_ABOVE_CALLER'));
  await assert.rejects(users.deactivateUser({ userId: adminId }, staff), reason('ROLE_ABOVE_CALLER'));
});

test('of two admins who remove each other at once, one remains', async () => {
  const other = await signedInAs('admin');
  const ids = [admin.user?.id ?? '', other.user?.id ?? ''];
  const outcomes = await Promise.allSettled([
    users.updateUserRole({ userId: ids[1] ?? '', role: 'public' }, asAdmin),
    users.deactivateUser({ userId: ids[0] ?? '' }, bearer(other)),
  ]);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 1);
  assert.ok(reason('LAST_ADMIN')(refused[0]?.reason));
  await pool.query(`UPDATE users SET role = 'admin', active = true WHERE id = $1`, [ids[0]]);
  await pool.query(`UPDATE users SET role = 'public' WHERE id = $1`, [ids[1]]);
});

test('a closed account cannot sign in, and its sessions have ended', async () => {
  const person = await register();
  const closing = { userId: person.user.id, reason: 'asked for it' };
  const { user } = await users.deactivateUser(closing, asAdmin);
  assert.equal(user?.active, false);
  await users.deactivateUser(closing, asAdmin);
  assert.equal(await redis.get(`kreki:auth:revoked:session:${claimsOf(person.accessToken).sid}`), '1');
  assert.ok((await validAfter(`user:${person.user.id}`)) > claimsOf(person.accessToken).iat_ms);
  await assert.rejects(auth.refresh({ refreshToken: person.refreshToken }), reason('REFRESH_TOKEN_INVALID'));
  await assert.rejects(auth.login({ email: person.user.email, password: PASSWORD }), reason('INVALID_CREDENTIALS'));
  const subjects = (await events(person.user.id)).map(({ subject }) => subject);
  assert.deepEqual(subjects, ['kreki.auth.v1.UserRegistered', 'kreki.auth.v1.UserDeactivated']);
});

test('roles are listed by name, page by page, with what they grant', async () => {
  const names: string[] = [];
  let pageToken = '';
  do {
    const page = await users.listRoles({ pageSize: 3, pageToken }, asAdmin);
    names.push(...page.roles.map((role) => role.name));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(names, names.toSorted());
  for (const name of ['admin', 'dispatcher', 'facility_admin', 'operator', 'patient', 'public', 'volunteer']) {
    assert.ok(names.includes(name), name);
  }
  const { roles } = await users.listRoles({}, asAdmin);
  const responses = roles
    .find((role) => role.name === 'volunteer')
    ?.permissions.find(({ resource }) => resource === 'responses');
  assert.deepEqual(responses?.actions, [Action.CREATE, Action.UPDATE]);
});

test('changing what a role grants outdates the tokens of its holders', async () => {
  const name = 'trainer';
  const permission = (action: Action) => [{ resource: 'courses', actions: [action] }];
  await users.upsertRole({ role: { name, permissions: permission(Action.READ) } }, asAdmin);
  assert.equal(await validAfter(`role:${name}`), 0);
  const trainer = await signedInAs(name);
  const changed = { role: { name, description: 'Teaches', permissions: permission(Action.UPDATE) } };
  const { role } = await users.upsertRole(changed, asAdmin);
  assert.equal(role?.description, 'Teaches');
  const outdatedBefore = await validAfter(`role:${name}`);
  assert.ok(claimsOf(trainer.accessToken).iat_ms < outdatedBefore);
  await users.upsertRole(changed, asAdmin);
  assert.equal(await validAfter(`role:${name}`), outdatedBefore);
  const renewed = await auth.refresh({ refreshToken: trainer.refreshToken });
  assert.deepEqual(claimsOf(renewed.accessToken).perms, ['courses:update']);
  assert.ok(claimsOf(renewed.accessToken).iat_ms >= outdatedBefore);
});

test('admin cannot lose the right to change roles', async () => {
  const permissions = [{ resource: 'users', actions: [Action.UPDATE] }];
  await assert.rejects(users.upsertRole({ role: { name: 'admin', permissions } }, asAdmin), reason('ADMIN_LOCKOUT'));
});

test('no token bears a time after a change of role with the rights before it', async () => {
  const person = await register();
  let refreshToken = person.refreshToken;
  for (const role of ['volunteer', 'dispatcher', 'volunteer', 'public']) {
    const [, renewed] = await Promise.all([
      users.updateUserRole({ userId: person.user.id, role }, asAdmin),
      auth.refresh({ refreshToken }),
    ]);
    refreshToken = renewed.refreshToken;
    const claims = claimsOf(renewed.accessToken);
    const outdatedBefore = await validAfter(`user:${person.user.id}`);
    assert.equal(claims.iat_ms >= outdatedBefore, claims.role === role, `${claims.role} while becoming ${role}`);
  }
});
