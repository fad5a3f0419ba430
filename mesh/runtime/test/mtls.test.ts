import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type SecureClientSessionOptions } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { IDENTITY_FILE } from '../identity/certificates.ts';
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
const identityOf = async (name: string, given = authority) => {
  const identity = openMeshIdentity(name, { identity: await given.give(name), namespace: '' }, log);
  ends.push(() => identity.stop());
  return identity;
};
const server = await startAnswering(await identityOf('auth'), { [AuthService.typeName]: ['emergency'] });
ends.push(() => server.stop());

/** What a connection with the certificate in a folder comes to. */
function ask(folder: string | undefined): Promise<'answered' | 'refused'> {
  const shown = folder && readFileSync(join(folder, IDENTITY_FILE));
  const options: SecureClientSessionOptions = { ca: authority.trusted, servername: 'auth' };
  const session = connect(server.url, shown ? { ...options, cert: shown, key: shown } : options);
  const { promise, resolve } = Promise.withResolvers<'answered' | 'refused'>();
  session.on('error', () => resolve('refused'));
  session.on('close', () => resolve('refused'));
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => resolve('refused'));
  stream.on('response', () => resolve('answered'));
  stream.end(Buffer.alloc(5));
  return promise.finally(() => session.destroy());
}

const reasonLogged = (reason: string) => until(() => lines.some((line) => line.reason === reason), reason);

test('every process of the mesh may ask for health', async () => {
  assert.equal(await ask(await authority.give('volunteer')), 'answered');
});

test('whoever hangs up during the handshake is not taken for somebody refused', async () => {
  const { hostname, port } = new URL(server.url);
  const before = lines.length;
  const socket = connectTcp(Number(port), hostname, () => socket.end());
  await new Promise((resolve) => socket.resume().once('close', resolve));
  await authority.give('volunteer').then(ask);
  assert.deepEqual(
    lines.slice(before).filter(({ msg }) => String(msg).startsWith('connection refused')),
    [],
  );
});

test('who shows no certificate is not heard', async () => {
  assert.equal(await ask(undefined), 'refused');
  await reasonLogged('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE');
});

test('a certificate of another authority is not believed', async () => {
  const other = await testAuthority();
  ends.push(() => other.remove());
  assert.equal(await ask(await other.give('emergency')), 'refused');
  await reasonLogged('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

test('a certificate that has expired is not believed', async () => {
  assert.equal(await ask(await authority.give('emergency', -1_000)), 'refused');
  await reasonLogged('CERT_HAS_EXPIRED');
});

test('a client calls nobody but the service that it means', async () => {
  const impostor = await startAnswering(await identityOf('volunteer'), {});
  ends.push(() => impostor.stop());
  const identity = await identityOf('emergency');
  const jwks = async (url: string) => {
    const transport = createGrpcTransport({ url, identity, service: 'auth' });
    return createClient(AuthService, transport)
      .getJwks({}, { timeoutMs: 1_000 })
      .finally(() => transport.close());
  };
  await jwks(server.url);
  await assert.rejects(
    jwks(impostor.url),
    (error) => error instanceof ConnectError && error.code === Code.DeadlineExceeded,
  );
  assert.ok(
    lines.some(({ expected, found }) => expected === 'auth' && found === 'volunteer'),
    'it says why',
  );
});

test('a client takes no server of another authority for the service', async () => {
  const other = await testAuthority();
  ends.push(() => other.remove());
  const transport = createGrpcTransport({
    url: server.url,
    identity: await identityOf('emergency', other),
    service: 'auth',
  });
  ends.push(() => transport.close());
  const before = server.answered.length;
  await assert.rejects(createClient(AuthService, transport).getJwks({}, { timeoutMs: 500 }));
  assert.equal(server.answered.length, before);
});

test('callers that vanish in the middle of a call harm nobody else', async () => {
  const shown = readFileSync(join(await authority.give('emergency'), IDENTITY_FILE));
  const vanish = async (afterBytes: number) => {
    const session = connect(server.url, { ca: authority.trusted, servername: 'auth', cert: shown, key: shown });
    session.on('error', () => undefined);
    const stream = session.request({
      ':method': 'POST',
      ':path': `/${AuthService.typeName}/GetJwks`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(afterBytes));
    await new Promise((resolve) => session.once('connect', resolve));
    if (afterBytes === 5) stream.end(() => session.destroy());
    else session.destroy();
  };
  await Promise.all(Array.from({ length: 60 }, (_, index) => vanish(index % 6)));
  assert.equal(await ask(await authority.give('emergency')), 'answered');
  assert.deepEqual(
    lines.filter(({ level }) => level === 50),
    [],
  );
});
