import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { createClient, type Interceptor, type ServiceImpl, type StreamResponse } from '@connectrpc/connect';
import { EmergencyService, WatchResponseSchema } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { bytesOf, encodedOnce } from '../rpc/encoded.ts';
import { implement } from '../rpc/handlers.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { testIdentities } from '../testing/identities.ts';

const ID = '0199c0de-0000-7000-8000-000000000001';
const identities = testIdentities();
const shared = encodedOnce(WatchResponseSchema, { emergency: { id: ID, version: 7n } });
const noted = { begun: 0, ended: 0, observed: 0 };
let openingMs = 0;
let server: RpcServer;
let transport: ReturnType<typeof createGrpcTransport>;

/** As those of the runtime that have something to do when a stream has ended, whatever it took to open it. */
const observing: Interceptor = (next) => async (request) => {
  await sleep(openingMs);
  const response = (await next(request)) as StreamResponse;
  async function* messages() {
    try {
      yield* response.message;
    } finally {
      noted.observed += 1;
    }
  }
  return { ...response, message: messages() } as StreamResponse;
};

before(async () => {
  const unused = Object.fromEntries(EmergencyService.methods.map(({ localName }) => [localName, () => ({})]));
  const emergency = implement(EmergencyService, {
    ...(unused as object as ServiceImpl<typeof EmergencyService>),
    async *watch(_: unknown, { signal }: { signal: AbortSignal }) {
      noted.begun += 1;
      try {
        yield shared;
        yield { emergency: { id: ID, version: 8n } };
        while (!signal.aborted) await sleep(5);
      } finally {
        noted.ended += 1;
      }
    },
  });
  server = await startRpcServer({
    identity: identities.of('emergency'),
    host: '127.0.0.1',
    port: 0,
    implementations: [emergency],
    interceptors: [observing],
  });
  transport = createGrpcTransport({ url: server.url, identity: identities.of('gateway'), service: 'emergency' });
});
after(async () => {
  transport?.close();
  await server?.stop();
  identities.stop();
});

test('a message for many is put into bytes once, and says the same to each', async () => {
  assert.equal(bytesOf(WatchResponseSchema, shared), bytesOf(WatchResponseSchema, shared));
  assert.deepEqual(fromBinary(WatchResponseSchema, bytesOf(WatchResponseSchema, shared)), shared);
  const versions = async () => {
    const seen: (bigint | undefined)[] = [];
    for await (const { emergency } of createClient(EmergencyService, transport).watch({ id: ID })) {
      if (seen.push(emergency?.version) === 2) return seen;
    }
    return seen;
  };
  assert.deepEqual(await Promise.all([versions(), versions()]), [
    [7n, 8n],
    [7n, 8n],
  ]);
});

test('a stream whose caller leaves while it is opened ends all the same for everybody who had to do with it', async () => {
  Object.assign(noted, { begun: 0, ended: 0, observed: 0 });
  openingMs = 200;
  const leaving = new AbortController();
  const { signal } = leaving;
  const reading = createClient(EmergencyService, transport)
    .watch({ id: ID }, { signal })
    [Symbol.asyncIterator]()
    .next();
  await sleep(50);
  leaving.abort();
  await assert.rejects(reading);
  for (let i = 0; i < 200 && noted.observed === 0; i++) await sleep(20);
  assert.deepEqual(noted, { begun: 1, ended: 1, observed: 1 });
});
