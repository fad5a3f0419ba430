import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { authMesh } from './harness.ts';
import { bearer, claimsOf, reason } from './helpers.ts';

const { auth, register, stop } = await authMesh('tokens', { ACCESS_TOKEN_LIFETIME: '2s' });
after(stop);

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

test('a token says who, with what rights, since when, in which session', async () => {
  const { accessToken, user } = await register();
  const [{ keys }, claims, header] = [await auth.getJwks({}), claimsOf(accessToken), headerOf(accessToken)];
  assert.equal(header.alg, 'ES256');
  assert.ok(keys.some(({ kid }) => kid === header.kid));
  assert.equal(claims.sub, user.id);
  assert.equal(claims.iss, 'https://id.kreki.id');
  assert.equal(claims.aud, 'kreki');
  assert.equal(claims.iat, Math.floor(claims.iat_ms / 1000));
  assert.equal(claims.exp - claims.iat, 2);
});

test('published keys hold nothing private', async () => {
  const { keys } = await auth.getJwks({});
  for (const { $typeName, ...key } of keys) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    for (const coordinate of [key.x, key.y ?? '']) assert.equal(Buffer.from(coordinate, 'base64url').length, 32);
  }
});

test('a token signed by another key under a known kid is refused', async () => {
  const { accessToken } = await register();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const forged = await new SignJWT({ ...claimsOf(accessToken), role: 'admin', perms: ['users:read'] })
    .setProtectedHeader(headerOf(accessToken))
    .sign(privateKey);
  await assert.rejects(auth.getMe({}, bearer({ accessToken: forged })), reason('TOKEN_INVALID'));
});

test('a token whose claims were changed is refused', async () => {
  const { accessToken } = await register();
  const [header, , signature] = accessToken.split('.');
  const changed = [header, part({ ...claimsOf(accessToken), role: 'admin' }), signature].join('.');
  await assert.rejects(auth.getMe({}, bearer({ accessToken: changed })), reason('TOKEN_INVALID'));
});

test('a token without a signature, or signed with the public key as a shared secret, is refused', async () => {
  const { accessToken } = await register();
  const { kid } = headerOf(accessToken);
  const unsigned = `${part({ alg: 'none', kid })}.${part(claimsOf(accessToken))}.`;
  await assert.rejects(auth.getMe({}, bearer({ accessToken: unsigned })), reason('TOKEN_INVALID'));
  const { keys } = await auth.getJwks({});
  const shared = await new SignJWT(claimsOf(accessToken))
    .setProtectedHeader({ alg: 'HS256', kid })
    .sign(Buffer.from(keys[0]?.x ?? '', 'base64url'));
  await assert.rejects(auth.getMe({}, bearer({ accessToken: shared })), reason('TOKEN_INVALID'));
});

test('a token ends when it says so, and Refresh gives the next', async () => {
  const session = await register();
  await auth.getMe({}, bearer(session));
  // Three seconds, and five that clocks may be apart.
  await sleep(8_100);
  await assert.rejects(auth.getMe({}, bearer(session)), reason('TOKEN_EXPIRED'));
  await auth.getMe({}, bearer(await auth.refresh({ refreshToken: session.refreshToken })));
});
