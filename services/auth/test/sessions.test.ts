import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { authMesh } from './harness.ts';
import { bearer, claimsOf, PASSWORD, reason } from './helpers.ts';

const { auth, pool, redis, register, stop } = await authMesh('sessions', { REFRESH_RETRY_WINDOW: '400ms' });
after(stop);

const revoked = (session: { accessToken: string }) =>
  redis.get(`kreki:auth:revoked:session:${claimsOf(session.accessToken).sid}`);

test('a refresh token is spent for the next, within the same session', async () => {
  const first = await register();
  const second = await auth.refresh({ refreshToken: first.refreshToken });
  const third = await auth.refresh({ refreshToken: second.refreshToken });
  assert.equal(new Set([first, second, third].map((tokens) => tokens.refreshToken)).size, 3);
  assert.equal(claimsOf(third.accessToken).sid, claimsOf(first.accessToken).sid);
  assert.ok(claimsOf(third.accessToken).iat_ms >= claimsOf(first.accessToken).iat_ms);
  assert.equal(third.user?.id, first.user.id);
});

test('a spent refresh token ends its session, for its owner and for the thief', async () => {
  const first = await register();
  const second = await auth.refresh({ refreshToken: first.refreshToken });
  await sleep(500);
  await assert.rejects(auth.refresh({ refreshToken: first.refreshToken }), reason('REFRESH_TOKEN_REUSED'));
  await assert.rejects(auth.refresh({ refreshToken: second.refreshToken }), reason('REFRESH_TOKEN_REUSED'));
  assert.equal(await revoked(second), '1');
});

test('a Refresh whose answer was lost is repeated with the same result', async () => {
  const first = await register();
  const lost = await auth.refresh({ refreshToken: first.refreshToken });
  const repeated = await auth.refresh({ refreshToken: first.refreshToken });
  assert.equal(repeated.refreshToken, lost.refreshToken);
  await auth.refresh({ refreshToken: repeated.refreshToken });
  await assert.rejects(auth.refresh({ refreshToken: first.refreshToken }), reason('REFRESH_TOKEN_REUSED'));
});

test('two devices that refresh the same token at once get the same successor', async () => {
  const first = await register();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => auth.refresh({ refreshToken: first.refreshToken })),
  );
  assert.equal(new Set(answers.map((answer) => answer.refreshToken)).size, 1);
});

test('unknown and expired refresh tokens are refused', async () => {
  await assert.rejects(auth.refresh({ refreshToken: 'x'.repeat(43) }), reason('REFRESH_TOKEN_INVALID'));
  const session = await register();
  await pool.query(`UPDATE refresh_tokens SET expire_time = now() - interval '1 second' WHERE session_id = $1`, [
    claimsOf(session.accessToken).sid,
  ]);
  await assert.rejects(auth.refresh({ refreshToken: session.refreshToken }), reason('REFRESH_TOKEN_INVALID'));
});

test('logout ends the session at once, with its refresh token, and may be repeated', async () => {
  const session = await register();
  assert.equal(await revoked(session), null);
  await auth.logout({}, bearer(session));
  assert.equal(await revoked(session), '1');
  const ttlMs = await redis.pttl(`kreki:auth:revoked:session:${claimsOf(session.accessToken).sid}`);
  assert.ok(ttlMs > 86_000_000 && ttlMs <= 86_400_000, `expires in ${ttlMs} ms`);
  await assert.rejects(auth.refresh({ refreshToken: session.refreshToken }), reason('REFRESH_TOKEN_INVALID'));
  await auth.logout({}, bearer(session));
});

test('sessions are listed the newest first, page by page, this one marked', async () => {
  const first = await register();
  const { email } = first.user;
  for (let index = 0; index < 4; index += 1) {
    await auth.login({ email, password: PASSWORD }, { headers: { 'x-kreki-user-agent': `phone ${index}` } });
  }
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await auth.listSessions({ pageSize: 2, pageToken }, bearer(first));
    seen.push(...page.sessions.map((session) => (session.current ? 'current' : session.userAgent)));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen, ['phone 3', 'phone 2', 'phone 1', 'phone 0', 'current']);
  await assert.rejects(auth.listSessions({ pageToken: 'bm9uc2Vuc2U' }, bearer(first)), reason('BAD_PAGE_TOKEN'));
});

test('a session can be ended from another, and only by its owner', async () => {
  const phone = await register();
  const laptop = await auth.login({ email: phone.user.email, password: PASSWORD });
  const stranger = await register();
  const { sid: sessionId } = claimsOf(phone.accessToken);
  await assert.rejects(auth.revokeSession({ sessionId }, bearer(stranger)), reason('SESSION_NOT_FOUND'));
  await assert.rejects(auth.revokeSession({ sessionId: randomUUID() }, bearer(laptop)), reason('SESSION_NOT_FOUND'));
  await auth.revokeSession({ sessionId }, bearer(laptop));
  await auth.revokeSession({ sessionId }, bearer(laptop));
  assert.equal(await revoked(phone), '1');
  const { sessions } = await auth.listSessions({}, bearer(laptop));
  assert.deepEqual(
    sessions.map((session) => session.current),
    [true],
  );
});

test('a new password ends every other session, and the old password', async () => {
  const phone = await register();
  const laptop = await auth.login({ email: phone.user.email, password: PASSWORD });
  const change = { currentPassword: PASSWORD, newPassword: 'Lebih-Aman-119' };
  await assert.rejects(
    auth.changePassword({ ...change, currentPassword: 'Wrong-119' }, bearer(laptop)),
    reason('WRONG_PASSWORD'),
  );
  await auth.changePassword(change, bearer(laptop));
  assert.equal(await revoked(phone), '1');
  assert.equal(await revoked(laptop), null);
  await assert.rejects(auth.refresh({ refreshToken: phone.refreshToken }), reason('REFRESH_TOKEN_INVALID'));
  await auth.refresh({ refreshToken: laptop.refreshToken });
  await assert.rejects(auth.login({ email: phone.user.email, password: PASSWORD }), reason('INVALID_CREDENTIALS'));
  await auth.login({ email: phone.user.email, password: change.newPassword });
});
