import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfig } from '../config.ts';
import { clientAddressBehind, networkOf } from '../http/client-address.ts';
import { rest } from './clients.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
before(async () => {
  edge = await startEdge({ CORS_ORIGINS: 'https://app.kreki.id' });
});
after(() => edge.stop());

test('pages of the configured origins may call, others may not', async () => {
  const preflight = (origin: string) =>
    rest(edge, 'OPTIONS', '/api/emergency/panic', {
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
  const allowed = await preflight('https://app.kreki.id');
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.kreki.id');
  assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /authorization/);
  assert.equal(allowed.headers.get('vary'), 'origin');
  assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null);
  const answer = await rest(edge, 'GET', '/api/auth/me', { headers: { origin: 'https://app.kreki.id' } });
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /x-request-id/);
});

test('every answer carries the security headers and a request id', async () => {
  for (const path of ['/healthz', '/api/auth/me', '/nothing']) {
    const { headers } = await rest(edge, 'GET', path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('x-frame-options'), 'DENY', path);
    assert.equal(headers.get('cache-control'), 'no-store', path);
    assert.ok(headers.get('x-request-id'), path);
  }
});

test('what is not HTTP as it should be ends no process', async () => {
  const { port } = new URL(edge.gateway.url);
  const path = '/kreki.auth.v1.AuthService/GetMe';
  for (const head of [
    `POST ${path} HTTP/1.0`,
    `POST ${path} HTTP/1.1\r\nhost: [`,
    'nonsense',
    `GET //[ HTTP/1.1\r\nhost: x`,
  ]) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(`${head}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`);
    const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])]);
    assert.match(String(answer), /^(HTTP\/1.1 4\d\d|$)/, head);
    socket.destroy();
  }
  assert.equal((await rest(edge, 'GET', '/healthz')).status, 200);
});

test('a proxy is believed only when it is trusted, and only as far', () => {
  const behind = clientAddressBehind(['10.0.0.0/8', '::1']);
  assert.equal(behind('10.1.2.3', '203.0.113.9'), '203.0.113.9');
  assert.equal(behind('::ffff:10.1.2.3', '1.2.3.4, 203.0.113.9, 10.9.9.9'), '203.0.113.9');
  assert.equal(behind('203.0.113.9', '1.2.3.4'), '203.0.113.9');
  assert.equal(behind('::1', 'garbage'), '::1');
  assert.equal(behind('::1', undefined), '::1');
  assert.equal(clientAddressBehind([])('127.0.0.1', '1.2.3.4'), '127.0.0.1');
  assert.throws(() => clientAddressBehind(['10.0.0.0/x']), /TRUSTED_PROXIES/);
  assert.equal(networkOf('2001:db8::1'), networkOf('2001:db8:0:0:ffff::2'));
  assert.notEqual(networkOf('2001:db8:1::1'), networkOf('2001:db8:2::1'));
});

test('configuration names everything that is missing at once', () => {
  assert.throws(
    () => readConfig({}),
    /REDIS_URL is missing[\s\S]*AUTH_URL is missing[\s\S]*NOTIFICATION_URL is missing/,
  );
});

test('with a certificate both ports speak TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-edge-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '1', '-keyout', key, '-out', cert, ...subject],
    {
      stdio: 'ignore',
    },
  );
  const secure = await startEdge({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key });
  try {
    const request = https.get(`${secure.gateway.url}/healthz`, { rejectUnauthorized: false });
    const [answer] = await once(request, 'response');
    assert.equal(answer.statusCode, 200);
    assert.match(answer.headers['strict-transport-security'], /max-age/);
    answer.resume();
    const session = http2.connect(secure.gateway.h2cUrl, { rejectUnauthorized: false });
    const [headers] = await once(session.request({ ':path': '/healthz' }).resume(), 'response');
    assert.equal(headers[':status'], 200);
    session.destroy();
  } finally {
    await secure.stop();
  }
});
