import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { UserRegisteredSchema } from '@kreki/gen/kreki/auth/v1/auth_events_pb.js';
import { DirectoryService } from '@kreki/gen/kreki/auth/v1/directory_service_pb.js';
import { Locale } from '@kreki/gen/kreki/common/v1/locale_pb.js';
import { hashPassword } from '../passwords/passwords.ts';
import { authMesh } from './harness.ts';
import { bearer, claimsOf, PASSWORD, reason } from './helpers.ts';

const { auth, mesh, pool, service, events, register, registration, signedInAs, users, stop } =
  await authMesh('accounts');
after(stop);

const newPhone = () =>
  `0812${Math.floor(Math.random() * 1e8)
    .toString()
    .padStart(8, '0')}`;

test('a new account is signed in, public, and announced', async () => {
  const phone = newPhone();
  const { user, accessToken, refreshToken, expiresIn } = await register({
    email: `Sari.${randomUUID()}@Kreki.TEST`,
    phone,
  });
  assert.equal(user.email, user.email.toLowerCase());
  assert.equal(user.phone, `+62${phone.slice(1)}`);
  assert.equal(user.role, 'public');
  assert.equal(user.locale, Locale.ID);
  assert.equal(expiresIn, 86_400);
  assert.ok(refreshToken.length >= 40);
  assert.deepEqual(claimsOf(accessToken).perms, ['emergencies:create', 'volunteers:create']);
  const [registered] = await events(user.id);
  assert.equal(registered?.subject, 'kreki.auth.v1.UserRegistered');
  assert.equal(fromBinary(UserRegisteredSchema, registered.payload).userId, user.id);
});

test('neither passwords nor refresh tokens are in the database', async () => {
  const { user, refreshToken } = await register();
  const { rows } = await pool.query(
    `SELECT password_hash, hash, successor_sealed FROM users JOIN sessions ON user_id = users.id
     JOIN refresh_tokens ON session_id = sessions.id WHERE users.id = $1`,
    [user.id],
  );
  assert.match(rows[0].password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(rows[0].hash.length, 32);
  assert.ok(!JSON.stringify(rows).includes(refreshToken));
});

test('an e-mail or phone of another account is refused by name', async () => {
  const phone = newPhone();
  const { user } = await register({ phone });
  await assert.rejects(auth.register(registration({ email: user.email.toUpperCase() })), reason('EMAIL_TAKEN'));
  await assert.rejects(auth.register(registration({ phone: `+62 ${phone.slice(1)}` })), reason('PHONE_TAKEN'));
});

test('a repeated registration signs in to the account of the first', async () => {
  const request = registration({ requestId: randomUUID() });
  const [first, second] = await Promise.all([auth.register(request), auth.register(request)]);
  assert.equal(first.user?.id, second.user?.id);
  assert.notEqual(first.refreshToken, second.refreshToken);
  assert.equal((await events(first.user?.id ?? '')).length, 1);
  await assert.rejects(auth.register({ ...request, password: 'Another-1' }), reason('EMAIL_TAKEN'));
  await assert.rejects(auth.register({ ...request, email: registration().email }), reason('REQUEST_ID_REUSED'));
});

test('weak passwords and what is no phone number are refused', async () => {
  for (const password of ['Short-1', 'no-upper-case-1', 'No-digit-here']) {
    await assert.rejects(auth.register(registration({ password })), { code: Code.InvalidArgument });
  }
  await assert.rejects(auth.register(registration({ phone: '0000 0000' })), reason('PHONE_INVALID'));
});

test('one signs in with any letter case, and is told nothing about which part was wrong', async () => {
  const { user } = await register();
  const session = await auth.login({ email: ` ${user.email.toUpperCase()} `, password: PASSWORD });
  assert.equal(session.user?.id, user.id);
  const wrong = await auth.login({ email: user.email, password: 'Wrong-119' }).catch(ConnectError.from);
  const unknown = await auth.login({ email: 'nobody@kreki.test', password: PASSWORD }).catch(ConnectError.from);
  assert.ok(wrong instanceof ConnectError && unknown instanceof ConnectError);
  assert.equal(wrong.code, Code.Unauthenticated);
  assert.equal(wrong.message, unknown.message);
  assert.deepEqual(wrong.details, unknown.details);
});

test('signing in renews a hash that was made with other parameters', async () => {
  const { user } = await register();
  const weak = await hashPassword(PASSWORD, { memoryKib: 1_024, passes: 1, lanes: 1 });
  await pool.query('UPDATE users SET password_hash = $2 WHERE id = $1', [user.id, weak]);
  await auth.login({ email: user.email, password: PASSWORD });
  const { rows } = await pool.query('SELECT password_hash FROM users WHERE id = $1', [user.id]);
  assert.match(rows[0].password_hash, /m=19456,t=2,p=1/);
  await auth.login({ email: user.email, password: PASSWORD });
});

test('GetMe gives the account and what its role grants', async () => {
  const session = await register();
  const me = await auth.getMe({}, bearer(session));
  assert.deepEqual(me.user, session.user);
  assert.deepEqual(me.permissions, ['emergencies:create', 'volunteers:create']);
  await assert.rejects(auth.getMe({}), { code: Code.Unauthenticated });
});

test('UpdateMe changes what the mask names, or else what is given', async () => {
  const session = await register({ phone: newPhone() });
  const options = bearer(session);
  const named = await auth.updateMe(
    { fullName: 'Dewi', locale: Locale.EN, updateMask: { paths: ['locale'] } },
    options,
  );
  assert.equal(named.user?.fullName, 'Sari Dewi');
  assert.equal(named.user?.locale, Locale.EN);
  const given = await auth.updateMe({ fullName: 'Dewi' }, options);
  assert.equal(given.user?.fullName, 'Dewi');
  assert.equal(given.user?.phone, session.user.phone);
  const removed = await auth.updateMe({ updateMask: { paths: ['phone'] } }, options);
  assert.equal(removed.user?.phone, '');
  assert.equal((await events(session.user.id)).filter(({ subject }) => subject.endsWith('UserUpdated')).length, 3);
  await assert.rejects(auth.updateMe({ updateMask: { paths: ['role'] } }, options), reason('UPDATE_MASK_INVALID'));
  await assert.rejects(auth.updateMe({ updateMask: { paths: ['full_name'] } }, options), reason('FULL_NAME_MISSING'));
});

test('UpdateMe refuses a change of what somebody changed since, and a phone of another', async () => {
  const phone = newPhone();
  await register({ phone });
  const session = await register();
  const { etag } = session.user;
  const { user } = await auth.updateMe({ fullName: 'First', etag }, bearer(session));
  assert.notEqual(user?.etag, etag);
  await assert.rejects(auth.updateMe({ fullName: 'Second', etag }, bearer(session)), reason('ETAG_MISMATCH'));
  await assert.rejects(auth.updateMe({ phone }, bearer(session)), reason('PHONE_TAKEN'));
});

test('contacts are for the service that tells people things, of active accounts only', async () => {
  const kept = await register({ phone: newPhone() });
  const closed = await register();
  await users.deactivateUser({ userId: closed.user.id }, bearer(await signedInAs('admin')));
  const directory = await mesh.client(DirectoryService, service.url, { service: 'notification' });
  const { contacts } = await directory.batchGetContacts({ userIds: [kept.user.id, closed.user.id, randomUUID()] });
  assert.equal(contacts.length, 1);
  const [contact] = contacts;
  const { id, email, phone, fullName } = kept.user;
  assert.deepEqual(
    { ...contact, $typeName: '' },
    { $typeName: '', userId: id, email, phone, fullName, locale: Locale.ID },
  );
  for (const other of ['gateway', 'emergency', 'operator']) {
    const outside = await mesh.client(DirectoryService, service.url, { service: other });
    const refused = outside.batchGetContacts({ userIds: [id] }, bearer(kept));
    await assert.rejects(refused, reason('CALLER_NOT_ALLOWED'));
  }
});
