import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { ConfigError, meshSettings, readEnvironment } from '../config.ts';
import { IDENTITY_FILE, openCertificates } from '../identity/certificates.ts';
import { openMeshIdentity } from '../identity/mesh-identity.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { readableLog, startAnswering } from '../testing/answering.ts';
import { testAuthority } from '../testing/authority.ts';
import { until } from '../testing/events.ts';

const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

const authority = await testAuthority();
ends.push(() => authority.remove());
const { log, lines } = readableLog();
const SHORT_MS = 8_000;

test('new certificates are taken up by both sides without a restart, and no call under way or after notices', async () => {
  const open = async (name: string) => {
    const identity = openMeshIdentity(name, { identity: await authority.give(name, SHORT_MS), namespace: '' }, log);
    ends.push(() => identity.stop());
    return identity;
  };
  const [auth, emergency] = [await open('auth'), await open('emergency')];
  const expireMs = Date.now() + SHORT_MS;
  const server = await startAnswering(auth, { [AuthService.typeName]: ['emergency'] });
  ends.push(() => server.stop());
  const connection = () => createGrpcTransport({ url: server.url, identity: emergency, service: 'auth' });

  // One connection that lasts from the first certificates to past their end, calling all the time.
  const first = connection();
  ends.push(() => first.close());
  const stopping = new AbortController();
  const outcomes: string[] = [];
  const calling = (async () => {
    while (!stopping.signal.aborted) {
      await createClient(AuthService, first)
        .getJwks({})
        .then(
          () => outcomes.push('answered'),
          (error) => outcomes.push(String(error)),
        );
      await sleep(5);
    }
  })();
  await until(() => outcomes.length > 0, 'the first call');

  for (const name of ['auth', 'emergency']) await authority.give(name);
  const renewed = () => lines.filter(({ msg }) => msg === 'certificate renewed').length;
  await until(() => renewed() === 2, 'both have seen it');
  await until(() => Date.now() > expireMs, 'the first certificates are over');

  const later = connection();
  ends.push(() => later.close());
  await createClient(AuthService, later).getJwks({}, { timeoutMs: 5_000 });
  stopping.abort();
  await calling;
  assert.deepEqual([...new Set(outcomes)], ['answered']);
});

test('what cannot be used is not taken up: the certificate that is valid stays', async () => {
  const folder = await authority.give('notification');
  const certificates = openCertificates(folder, 'notification', log);
  ends.push(() => certificates.stop());
  const { current } = certificates;
  const refused = () => lines.filter(({ msg }) => msg === 'the new certificate cannot be used').length;
  const unusable = [
    () => writeFileSync(join(folder, IDENTITY_FILE), 'half of'),
    async () => writeFileSync(join(folder, IDENTITY_FILE), await authority.issue('auth', 60_000)),
    () => rmSync(join(folder, IDENTITY_FILE)),
  ];
  for (const [index, spoil] of unusable.entries()) {
    const before = refused();
    await spoil();
    await until(() => refused() > before, `number ${index} was looked at`);
    assert.equal(certificates.current, current);
  }
  await authority.give('notification');
  await until(() => certificates.current !== current, 'a good one is');
});

test('without an identity that can be used nothing starts, and the reason is said', async () => {
  const open = (identity: string) => () => openMeshIdentity('emergency', { identity, namespace: '' }, log);
  const read = (value: string) => () => readEnvironment({ MESH_IDENTITY: value }, meshSettings);
  assert.throws(read(''), { name: ConfigError.name, message: /MESH_IDENTITY is missing/ });
  assert.throws(read('identities/emergency'), {
    name: ConfigError.name,
    message: /MESH_IDENTITY must be the absolute/,
  });
  const reasons: [string, RegExp][] = [
    ['/nowhere', /MESH_IDENTITY \/nowhere: ENOENT/],
    [await authority.give('volunteer'), /the certificate is of volunteer, not of emergency/],
    [await authority.give('emergency', -1_000), /the certificate has expired on/],
  ];
  for (const [folder, reason] of reasons) assert.throws(open(folder), { name: ConfigError.name, message: reason });
  const mixed = await authority.give('emergency');
  const [certificate] = (await authority.issue('emergency', 60_000)).split('-----BEGIN PRIVATE');
  const [, key] = (await authority.issue('emergency', 60_000)).split('-----BEGIN PRIVATE');
  writeFileSync(join(mixed, IDENTITY_FILE), `${certificate}-----BEGIN PRIVATE${key}`);
  assert.throws(open(mixed), { name: ConfigError.name, message: /key/ });
});
