import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Code } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { readConfig } from '../config.ts';
import { networkOf } from '../login-limits/network.ts';
import { startAuth } from '../service.ts';
import { authMesh } from './harness.ts';
import { from, PASSWORD, reason } from './helpers.ts';

const { auth, env, mesh, register, stop } = await authMesh('login_limits');
after(stop);

const { user } = await register();
const right = { email: user.email, password: PASSWORD };
const wrong = { email: user.email, password: 'Wrong-119' };
const failTimes = async (times: number, address: string) => {
  for (let index = 0; index < times; index += 1) {
    await assert.rejects(auth.login(wrong, from(address)), reason('INVALID_CREDENTIALS'));
  }
};

test('the sixth try after five failures is refused, even with the right password, and on every replica', async () => {
  await failTimes(5, '203.0.113.1');
  await assert.rejects(auth.login(right, from('203.0.113.1')), (error: { code?: Code }) => {
    assert.equal(error.code, Code.ResourceExhausted);
    return reason('TOO_MANY_FAILED_LOGINS')(error);
  });
  const other = await startAuth(readConfig(env));
  mesh.onStop(() => other.stop());
  const replica = await mesh.client(AuthService, other.url);
  await assert.rejects(replica.login(right, from('203.0.113.1')), reason('TOO_MANY_FAILED_LOGINS'));
});

test('another address is not concerned', async () => {
  await failTimes(5, '203.0.113.2');
  await auth.login(right, from('203.0.113.3'));
});

test('only failures count, and a success does not forgive those of others behind the same address', async () => {
  for (let index = 0; index < 7; index += 1) await auth.login(right, from('203.0.113.4'));
  await failTimes(4, '203.0.113.4');
  await auth.login(right, from('203.0.113.4'));
  await failTimes(1, '203.0.113.4');
  await assert.rejects(auth.login(right, from('203.0.113.4')), reason('TOO_MANY_FAILED_LOGINS'));
});

test('guesses sent all at once learn no more than guesses sent in turn', async () => {
  const guesses = Array.from({ length: 30 }, (_, index) =>
    auth.login({ email: user.email, password: index === 29 ? PASSWORD : `Wrong-${index}` }, from('203.0.113.5')),
  );
  const outcomes = await Promise.allSettled(guesses);
  assert.ok(outcomes.every((outcome) => outcome.status === 'rejected'));
  const answered = outcomes.filter(
    (outcome) => outcome.status === 'rejected' && outcome.reason.code === Code.Unauthenticated,
  );
  assert.ok(answered.length < 5 + 2, `${answered.length} guesses were answered`);
});

test('failures are counted by IPv4 address, and by the /64 of an IPv6 address', () => {
  assert.equal(networkOf('203.0.113.1'), '203.0.113.1');
  assert.equal(networkOf('::ffff:203.0.113.1'), '203.0.113.1');
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), networkOf('2001:0db8:0001:0002::1'));
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'));
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf(''), '');
});
