import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { implement } from '../rpc/handlers.ts';
import { startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { testIdentities } from '../testing/identities.ts';
import { Link } from '../testing/link/link.ts';

const identities = testIdentities();
const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
  identities.stop();
});

/** A client of a server, with a link between them. */
async function linked() {
  const all = AuthService.methods.map(({ localName }) => [localName, () => ({})]);
  const server = await startRpcServer({
    identity: identities.of('auth'),
    host: '127.0.0.1',
    port: 0,
    implementations: [implement(AuthService, Object.fromEntries(all) as ServiceImpl<typeof AuthService>)],
    interceptors: [],
    drainMs: 500,
  });
  ends.push(() => server.stop());
  const url = new URL(server.url);
  const link = new Link(0, Number(url.port));
  await link.start();
  ends.push(() => link.stop());
  url.port = String(link.port);
  const transport = createGrpcTransport({ url: url.origin, identity: identities.of('gateway'), service: 'auth' });
  ends.push(() => transport.close());
  return { link, auth: createClient(AuthService, transport) };
}

test('a connection whose other end vanished without a word is let go before a call needs it, and a new one made', async () => {
  const { link, auth } = await linked();
  await auth.getJwks({});
  link.forget();
  assert.equal(link.state().forgotten, 1);
  for (let waited = 0; link.state().forgotten > 0 && waited < 30_000; waited += 100) await sleep(100);
  assert.equal(link.state().forgotten, 0);
  await auth.getJwks({});
});

test('a call over such a connection fails or waits no longer than its deadline, and the next ones are answered', async () => {
  const { link, auth } = await linked();
  await auth.getJwks({});
  link.forget();
  // The first may have to wait until the connection is known to be gone.
  await auth.getJwks({}).catch(() => undefined);
  await sleep(3_000);
  await auth.getJwks({});
});
