import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { implement } from '../rpc/handlers.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { testIdentities } from '../testing/identities.ts';

const REPLACEMENTS = 20;
const CALLERS = 16;

const identities = testIdentities();
after(() => identities.stop());

/** A sign-in may not be sent twice: only what no server has begun is. */
test('a server that is replaced again and again costs no call, and does none twice', async () => {
  const done = new Map<string, number>();
  const unused = Object.fromEntries(AuthService.methods.map(({ localName }) => [localName, () => ({})]));
  const implementation = {
    ...(unused as object as ServiceImpl<typeof AuthService>),
    async login({ email }: { email: string }) {
      done.set(email, (done.get(email) ?? 0) + 1);
      if (Math.random() < 0.5) await sleep(Math.random() * 5);
      return {};
    },
  };
  const start = (port: number) =>
    startRpcServer({
      identity: identities.of('auth'),
      host: '127.0.0.1',
      port,
      implementations: [implement(AuthService, implementation)],
      interceptors: [],
    });
  let server: RpcServer = await start(0);
  const { origin, port } = new URL(server.url);
  const transport = createGrpcTransport({ url: origin, identity: identities.of('gateway'), service: 'auth' });
  const auth = createClient(AuthService, transport);

  const failures: string[] = [];
  const underWay = new Set<Promise<unknown>>();
  let calls = 0;
  let going = true;
  const caller = async () => {
    while (going && failures.length === 0) {
      const call = auth.login({ email: `${calls++}@kreki.example`, password: 'x' });
      underWay.add(call);
      await call.catch((error) => failures.push(String(error)));
      underWay.delete(call);
    }
  };
  const callers = Array.from({ length: CALLERS }, caller);
  try {
    for (let round = 0; round < REPLACEMENTS; round++) {
      // No call meets the end of two servers: gRPC sends it again once.
      await Promise.allSettled(underWay);
      await sleep(Math.random() * 20);
      const stopped = server.stop();
      server = await start(Number(port));
      await stopped;
    }
  } finally {
    going = false;
    await Promise.all(callers);
    transport.close();
    await server.stop();
  }
  assert.deepEqual(failures, []);
  assert.deepEqual(
    [...done].filter(([, times]) => times !== 1),
    [],
  );
  assert.equal(done.size, calls);
});
