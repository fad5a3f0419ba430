import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Code } from '@connectrpc/connect';
import { ErasureState } from '@kreki/gen/kreki/auth/v1/erasure_pb.js';
import { PrivacyService } from '@kreki/gen/kreki/auth/v1/privacy_service_pb.js';
import { assertAllNamed, tracesOf } from '@kreki/runtime/testing/holdings';
import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { HOLDERS } from '../erasure/holders.ts';
import { holdings } from '../privacy/holdings.ts';
import { startAuth } from '../service.ts';
import { authMesh } from './harness.ts';
import { bearer, claimsOf, eventually, PASSWORD, reason } from './helpers.ts';

const w = await authMesh('erasure', { ERASURE_POLL: '50ms', ERASURE_LEASE: '1s', ERASURE_RETRY_MAX: '200ms' });
after(w.stop);
const { auth, users, pool, redis, register, signedInAs, holders } = w;
const privacy = await w.mesh.client(PrivacyService, w.service.url);
const asAdmin = bearer(await signedInAs('admin'));

const stateOf = async (erasureId: string) => (await privacy.getErasure({ erasureId })).erasure;
const reaches = (erasureId: string, state: ErasureState) =>
  eventually(async () => assert.equal((await stateOf(erasureId))?.state, state));

test('every column that names a person is exported and erased', async () => {
  await assertAllNamed(pool, holdings({} as Context), [
    'erasure_steps.erasure_id',
    'erasures.id',
    'refresh_tokens.session_id',
    'sessions.id',
    'users.register_request_id',
  ]);
});

test('the account is gone with the answer: no token, session or password holds, and every service lets go', async () => {
  const phone = '+6281298765432';
  const person = await register({ phone, fullName: 'Rina Terlupa', requestId: randomUUID() });
  const { erasure } = await privacy.requestErasure({ password: PASSWORD }, bearer(person));
  const claims = claimsOf(person.accessToken);
  assert.equal(await redis.get(`kreki:auth:revoked:session:${claims.sid}`), '1');
  assert.ok(Number(await redis.get(`kreki:auth:valid-after:user:${person.user.id}`)) > claims.iat_ms);
  await assert.rejects(auth.refresh({ refreshToken: person.refreshToken }), reason('REFRESH_TOKEN_INVALID'));
  await assert.rejects(auth.login({ email: person.user.email, password: PASSWORD }), reason('INVALID_CREDENTIALS'));
  await reaches(erasure?.id ?? '', ErasureState.ERASED);
  for (const holder of Object.values(holders)) assert.ok(holder.erased.includes(person.user.id), holder.name);
  const subjects = (await w.events(person.user.id)).map(({ subject }) => subject);
  assert.deepEqual(subjects, ['kreki.auth.v1.UserRegistered', 'kreki.auth.v1.UserDeactivated']);

  // The proof, and what tells the edge for a day that the tokens hold no longer.
  assert.deepEqual(await tracesOf(pool, [person.user.id]), ['erasures', 'revocations']);
  assert.deepEqual(await tracesOf(pool, ['Rina Terlupa']), []);
  const again = await register({ email: person.user.email, phone });
  assert.notEqual(again.user.id, person.user.id);
});

test('a wrong password erases nobody, and neither does a service that needs the person or does not answer', async () => {
  const person = await register();
  const ask = (password = PASSWORD) => privacy.requestErasure({ password }, bearer(person));
  await assert.rejects(ask('Siaga-118'), reason('WRONG_PASSWORD'));
  holders.emergency?.busy.set(person.user.id, 'EMERGENCY_OPEN');
  await assert.rejects(ask(), (error) => reason('EMERGENCY_OPEN')(error));
  await assert.rejects(ask(), { code: Code.FailedPrecondition });
  holders.emergency?.busy.clear();
  await holders.emergency?.stop();
  await assert.rejects(ask(), reason('CANNOT_BE_CHECKED'));
  await holders.emergency?.start();
  assert.ok((await auth.getMe({}, bearer(person))).user);
});

test('a service that is away or cannot yet is asked until it has let go, and the status says so to whoever has its id', async () => {
  const person = await register();
  const requestId = randomUUID();
  await holders.notification?.stop();
  await privacy.requestErasure({ password: PASSWORD, requestId }, bearer(person));
  // Somebody pressed in the same instant: the emergency goes on, and the erasure waits for its end.
  holders.emergency?.busy.set(person.user.id, 'EMERGENCY_OPEN');
  await pool.query(
    `UPDATE erasure_steps SET done_time = NULL, due_time = now() WHERE erasure_id = $1 AND service = 'emergency'`,
    [requestId],
  );
  await eventually(async () => {
    const progress = (await stateOf(requestId))?.progress ?? [];
    const waiting = Object.fromEntries(progress.map(({ service, waitsFor }) => [service, waitsFor]));
    assert.deepEqual(waiting, { emergency: 'EMERGENCY_OPEN', notification: 'UNAVAILABLE', volunteer: '' });
  }, 30_000);
  assert.equal((await stateOf(requestId))?.state, ErasureState.RUNNING);
  assert.equal((await stateOf(requestId))?.userId, '');
  holders.emergency?.busy.clear();
  await holders.notification?.start();
  await reaches(requestId, ErasureState.ERASED);
  await assert.rejects(privacy.getErasure({ erasureId: randomUUID() }), reason('ERASURE_NOT_FOUND'));
});

test('what a process that died had taken on another takes over', async () => {
  const person = await register();
  const { erasure } = await privacy.requestErasure({ password: PASSWORD }, bearer(person));
  const id = erasure?.id ?? '';
  await reaches(id, ErasureState.ERASED);
  // As a process leaves it that is killed between the call and noting its answer.
  await pool.query(
    `UPDATE erasure_steps SET done_time = NULL, due_time = now() + interval '1 second', attempts = 1
     WHERE erasure_id = $1 AND pass = 1 AND service = 'volunteer'`,
    [id],
  );
  const other = await startAuth(readConfig(w.env));
  await reaches(id, ErasureState.ERASED);
  await other.stop();
  assert.ok((holders.volunteer?.erased.filter((userId) => userId === person.user.id).length ?? 0) >= 2);
});

test('once the last token has expired each service is asked again, for what came in late', async () => {
  const person = await register();
  const { erasure } = await privacy.requestErasure({ password: PASSWORD }, bearer(person));
  const id = erasure?.id ?? '';
  await reaches(id, ErasureState.ERASED);
  const { rows } = await pool.query(
    `SELECT bool_and(due_time - request_time > interval '24 hours') AS late
     FROM erasure_steps JOIN erasures ON id = erasure_id WHERE id = $1 AND pass = 2`,
    [id],
  );
  assert.deepEqual(rows, [{ late: true }]);
  await pool.query('UPDATE erasure_steps SET due_time = now() WHERE erasure_id = $1 AND pass = 2', [id]);
  await reaches(id, ErasureState.COMPLETE);
  for (const { name, erased } of Object.values(holders)) {
    assert.equal(erased.filter((userId) => userId === person.user.id).length, 2, name);
  }
});

test('an admin erases whom they may, on a written request that is named; both that and the list are on record', async () => {
  const person = await register();
  const reference = 'arsip/2026/119';
  const { erasure } = await privacy.eraseUser({ userId: person.user.id, reference }, asAdmin);
  assert.deepEqual([erasure?.userId, erasure?.reference], [person.user.id, reference]);
  const repeated = await privacy.eraseUser({ userId: person.user.id, reference: 'again' }, asAdmin);
  assert.deepEqual(repeated.erasure?.id, erasure?.id);
  await assert.rejects(privacy.eraseUser({ userId: randomUUID(), reference }, asAdmin), reason('USER_NOT_FOUND'));
  const { erasures } = await privacy.listErasures({ pageSize: 1, pendingOnly: true }, asAdmin);
  assert.deepEqual(
    erasures.map(({ id, progress }) => [id, progress.map(({ service }) => service)]),
    [[erasure?.id, HOLDERS.toSorted()]],
  );
  const { rows } = await pool.query(
    `SELECT split_part(rpc, '/', 2) AS rpc FROM audit_entries WHERE $1 = ANY(subjects) AND outcome = 'OK' ORDER BY sequence`,
    [`people/${person.user.id}`],
  );
  assert.deepEqual(rows, [{ rpc: 'EraseUser' }, { rpc: 'EraseUser' }, { rpc: 'ListErasures' }]);
  await assert.rejects(privacy.listErasures({}, bearer(await register())), { code: Code.PermissionDenied });
});

test('nobody erases somebody above them, nor the last admin', async () => {
  const permissions = [{ resource: 'users', actions: [2, 3, 4] }];
  await users.upsertRole({ role: { name: 'clerk', permissions } }, asAdmin);
  const clerk = bearer(await signedInAs('clerk'));
  const { rows } = await pool.query(`SELECT id FROM users WHERE role = 'admin'`);
  const admin = { userId: rows[0].id, reference: 'x' };
  await assert.rejects(privacy.eraseUser(admin, clerk), reason('ROLE_ABOVE_CALLER'));
  await assert.rejects(privacy.requestErasure({ password: PASSWORD }, asAdmin), reason('LAST_ADMIN'));
});

test('an id that another erasure has is refused', async () => {
  const [one, other] = [await register(), await register()];
  const requestId = randomUUID();
  await privacy.requestErasure({ password: PASSWORD, requestId }, bearer(one));
  await assert.rejects(
    privacy.requestErasure({ password: PASSWORD, requestId }, bearer(other)),
    reason('REQUEST_ID_REUSED'),
  );
});
