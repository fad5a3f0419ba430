import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { readConfig } from '../config.ts';
import { startAuth } from '../service.ts';
import { planRotation } from '../signing-keys/rotation.ts';
import { openSigningKey } from '../signing-keys/signing-key.ts';
import { seal } from '../tokens/sealing.ts';
import { authMesh } from './harness.ts';
import { bearer, eventually } from './helpers.ts';

// A key is published for longer before it signs than a replica waits until it asks for keys again.
const { auth, env, mesh, pool, register, stop } = await authMesh('signing_keys', {
  SIGNING_KEY_ROTATION: '8s',
  SIGNING_KEY_LEAD: '7s',
  SIGNING_KEY_REFRESH: '100ms',
});
after(stop);

const kidOf = ({ accessToken }: { accessToken: string }): string =>
  JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString()).kid;

const replica = async () => {
  const other = await startAuth(readConfig(env));
  mesh.onStop(() => other.stop());
  return mesh.client(AuthService, other.url);
};

test('keys rotate without signing anybody out, each published before it signs', async () => {
  const session = await register();
  const first = kidOf(session);
  const published = await eventually(async () => {
    const { keys } = await auth.getJwks({});
    assert.equal(keys.length, 2);
    return keys.map(({ kid }) => kid);
  });
  assert.equal(kidOf(await auth.refresh({ refreshToken: (await register()).refreshToken })), first);
  let renewed: { accessToken: string; refreshToken: string } = await register();
  await eventually(async () => {
    renewed = await auth.refresh({ refreshToken: renewed.refreshToken });
    assert.notEqual(kidOf(renewed), first);
  }, 20_000);
  assert.ok(published.includes(kidOf(renewed)));
  await auth.getMe({}, bearer(session));
  const { keys } = await auth.getJwks({});
  assert.ok(keys.some(({ kid }) => kid === first));
});

test('replicas sign with the same keys, and accept what the other signed', async () => {
  const other = await replica();
  const [here, there] = [await register(), await register()];
  await other.getMe({}, bearer(here));
  const renewed = await other.refresh({ refreshToken: there.refreshToken });
  await auth.getMe({}, bearer(renewed));
});

test('private keys are sealed: another secret does not open them', async () => {
  const { rows } = await pool.query('SELECT kid, private_key_sealed AS "privateKeySealed" FROM signing_keys');
  // The object identifiers that a PKCS #8 key on P-256 names itself by.
  const plain = Buffer.from('301306072a8648ce3d020106082a8648ce3d030107', 'hex');
  assert.ok(rows.length > 0);
  for (const row of rows) {
    assert.ok(!row.privateKeySealed.includes(plain));
    assert.throws(() => openSigningKey(randomBytes(32), row), /SIGNING_KEYS_SECRET does not open/);
  }
});

test('a key stays published until the last token it signed has expired', () => {
  const day = 86_400_000;
  const policy = { rotationMs: 30 * day, leadMs: 3_600_000, tokenLifetimeMs: day };
  const at = (days: number) => new Date(days * day);
  const key = (kid: string, activeDay: number) => ({
    kid,
    privateKeySealed: Buffer.alloc(0),
    createTime: at(activeDay),
    activeTime: at(activeDay),
  });
  const keys = [key('old', 0), key('new', 30)];
  assert.deepEqual(planRotation([], at(1), policy), { create: at(1), remove: [] });
  assert.deepEqual(planRotation([key('old', 0)], at(29), policy), { create: undefined, remove: [] });
  const due = new Date(30 * day - policy.leadMs);
  assert.deepEqual(planRotation([key('old', 0)], due, policy), { create: at(30), remove: [] });
  assert.deepEqual(planRotation(keys, at(30.9), policy).remove, []);
  assert.deepEqual(planRotation(keys, at(31.1), policy).remove, ['old']);
  assert.deepEqual(planRotation([key('old', 0)], at(400), policy).remove, []);
});

test('an Ed25519 key that was made before signs on until the next one, and its tokens hold', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const kid = randomUUID();
  const secret = Buffer.from(env.SIGNING_KEYS_SECRET ?? '', 'base64');
  const sealed = seal(secret, privateKey.export({ type: 'pkcs8', format: 'der' }), kid);
  await pool.query('INSERT INTO signing_keys VALUES ($1, $2, now(), now() + $3::interval)', [kid, sealed, '8s']);
  const session = await eventually(async () => {
    const latest = await register();
    assert.equal(kidOf(latest), kid);
    return latest;
  }, 20_000);
  await auth.getMe({}, bearer(session));
  const { keys } = await auth.getJwks({});
  assert.deepEqual(
    keys.filter((key) => key.kid === kid).map(({ kty, crv, alg, y }) => ({ kty, crv, alg, y })),
    [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', y: undefined }],
  );
});
