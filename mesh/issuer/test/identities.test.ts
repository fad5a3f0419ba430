import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ConfigError } from '@kreki/runtime/config';
import { nameIn } from '@kreki/runtime/identity/spiffe';
import { openAuthority } from '../authority.ts';
import { readConfig } from '../config.ts';
import { openIdentities } from '../identities.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-issuer-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function issued(t: TestContext, names: string[]) {
  const folder = scratch(t);
  const authorityFolder = join(folder, 'authority');
  const identities = await openIdentities({ authorityFolder, folder, names, lifetimeMs: DAY_MS });
  const read = (name: string, file = 'identity.pem') => readFileSync(join(folder, name, file), 'utf8');
  return { folder, authorityFolder, identities, read };
}

test('each process gets a key of its own and a certificate of its name that the authority vouches for', async (t) => {
  const { read } = await issued(t, ['auth', 'gateway']);
  const authority = new X509Certificate(read('auth', 'ca.pem'));
  const keys = new Set<string>();
  for (const name of ['auth', 'gateway']) {
    const certificate = new X509Certificate(read(name));
    assert.equal(nameIn(certificate.subjectAltName), name);
    assert.equal(certificate.checkHost(name), name);
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.ok(certificate.verify(authority.publicKey) && certificate.checkIssued(authority));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(read(name))));
    assert.equal(certificate.ca, false);
    assert.ok(Math.abs(certificate.validToDate.getTime() - Date.now() - DAY_MS) < HOUR_MS);
    keys.add(certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  }
  assert.equal(keys.size, 2);
});

test('keys are for their owner’s eyes only, and nothing half-written is left', async (t) => {
  const { folder, authorityFolder } = await issued(t, ['auth']);
  for (const own of [join(folder, 'auth'), authorityFolder]) {
    assert.equal(statSync(own).mode & 0o777, 0o700);
    for (const file of readdirSync(own)) {
      assert.equal(statSync(join(own, file)).mode & 0o777, 0o600, file);
      assert.match(file, /\.pem$/);
    }
  }
});

test('certificates are renewed at half of their life, and when the clock was set back before they began', async (t) => {
  const nowMs = Date.now();
  t.mock.timers.enable({ apis: ['Date'], now: nowMs });
  const { identities, read } = await issued(t, ['auth']);
  const renewedAt = async (ms: number) => {
    const before = read('auth');
    t.mock.timers.setTime(ms);
    await identities.renew();
    return read('auth') !== before;
  };
  assert.equal(await renewedAt(nowMs + 11 * HOUR_MS), false);
  assert.equal(await renewedAt(nowMs + 13 * HOUR_MS), true);
  assert.equal(await renewedAt(nowMs + 24 * HOUR_MS), false);
  assert.equal(await renewedAt(nowMs), true);
  const { validFromDate } = new X509Certificate(read('auth'));
  assert.ok(validFromDate.getTime() < nowMs);
});

test('the authority is made once; near its end another takes over, and the old one is trusted until then', async (t) => {
  const folder = scratch(t);
  const nowMs = Date.now();
  t.mock.timers.enable({ apis: ['Date'], now: nowMs });
  const { trusted } = await openAuthority(folder);
  assert.equal((await openAuthority(folder)).trusted, trusted);

  const { validToDate: end } = new X509Certificate(trusted);
  t.mock.timers.setTime(end.getTime() - 20 * DAY_MS);
  const next = await openAuthority(folder);
  assert.ok(next.trusted.endsWith(trusted) && next.trusted.length > trusted.length);
  const certificate = new X509Certificate(await next.issue('auth', HOUR_MS));
  assert.ok(certificate.verify(new X509Certificate(next.trusted).publicKey), 'the new one issues');

  t.mock.timers.setTime(end.getTime() + DAY_MS);
  const { trusted: last } = await openAuthority(folder);
  assert.ok(next.trusted.startsWith(last) && !last.includes(trusted), 'the old one is over');
});

test('a name that is no service account’s gets no certificate', async (t) => {
  const authority = await openAuthority(scratch(t));
  for (const name of ['', 'Auth', 'a/../auth', 'auth, URI:spiffe://x']) {
    await assert.rejects(authority.issue(name, HOUR_MS), /not a name for a process/, name);
  }
});

test('a life too short to be renewed in time is refused', () => {
  const env = { AUTHORITY_FOLDER: '/a', IDENTITIES_FOLDER: '/i' };
  assert.equal(readConfig({ ...env, CERTIFICATE_LIFETIME: '30s' }).lifetimeMs, 30_000);
  assert.throws(() => readConfig({ ...env, CERTIFICATE_LIFETIME: '4s' }), ConfigError);
});
