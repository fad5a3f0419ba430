import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError, createClient, type Interceptor, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { personOf } from '../caller.ts';
import { fail, reasonOf } from '../errors.ts';
import { fetchKeysFrom } from '../identity/keys.ts';
import { createTokenVerifier } from '../identity/verifier.ts';
import { createLogger } from '../log.ts';
import { implement } from '../rpc/handlers.ts';
import { access } from '../rpc/interceptors/access.ts';
import { telemetry } from '../rpc/interceptors/telemetry.ts';
import { validation } from '../rpc/interceptors/validation.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { testIdentities } from '../testing/identities.ts';
import { startIdentity } from '../testing/identity.ts';

const never = () => {
  throw new Error('secret detail of the cause');
};
const everyMethod = <Desc extends { methods: readonly { localName: string }[] }>(service: Desc) =>
  Object.fromEntries(service.methods.map(({ localName }) => [localName, never]));

let watchAborted = false;
const identities = testIdentities();
let server: RpcServer;
let identity: Awaited<ReturnType<typeof startIdentity>>;
const ends: (() => unknown)[] = [];

before(async () => {
  identity = await startIdentity(identities);
  const keys = createGrpcTransport({ url: identity.url, identity: identities.of('emergency'), service: 'auth' });
  ends.push(() => keys.close());
  const emergency = implement(EmergencyService, {
    ...(everyMethod(EmergencyService) as object as ServiceImpl<typeof EmergencyService>),
    get: (request: { id: string }, context: Parameters<typeof personOf>[0]) => {
      throw fail(Code.NotFound, 'NO_SUCH_EMERGENCY', `no emergency ${request.id}`, { id: personOf(context).userId });
    },
    listActive: () => sleep(5_000).then(() => ({})),
    async *watch(_: unknown, context: { signal: AbortSignal }) {
      context.signal.addEventListener('abort', () => {
        watchAborted = true;
      });
      for (let version = 1n; ; version++) {
        yield { emergency: { version } };
        await sleep(5);
      }
    },
  });
  const volunteer = implement(VolunteerService, {
    ...(everyMethod(VolunteerService) as object as ServiceImpl<typeof VolunteerService>),
    async streamLocations(positions: AsyncIterable<unknown>) {
      let received = 0n;
      for await (const _ of positions) received++;
      return { received };
    },
  });
  server = await startRpcServer({
    identity: identities.of('emergency'),
    host: '127.0.0.1',
    port: 0,
    implementations: [emergency, volunteer],
    interceptors: [
      telemetry(createLogger('test', 'silent')),
      access(createTokenVerifier({ fetchKeys: fetchKeysFrom(keys) })),
      validation,
    ],
    drainMs: 2_000,
  });
});

after(async () => {
  for (const end of ends) await end();
  await server.stop();
  await identity.stop();
  identities.stop();
});

const ID = '0199c0de-0000-7000-8000-000000000001';

/** A transport by which a process of the mesh calls. */
function transportAs(caller: string, ...interceptors: Interceptor[]) {
  const transport = createGrpcTransport({
    url: server.url,
    identity: identities.of(caller),
    service: 'emergency',
    interceptors,
  });
  ends.push(() => transport.close());
  return transport;
}

async function clients(permissions: string[] = []) {
  const token = await identity.tokenFor({ permissions, userId: ID });
  const transport = transportAs('gateway', (next) => (request) => {
    request.header.set('authorization', `Bearer ${token}`);
    return next(request);
  });
  return { emergency: createClient(EmergencyService, transport), volunteer: createClient(VolunteerService, transport) };
}

const rejection = async (call: Promise<unknown>): Promise<ConnectError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConnectError, `expected a ConnectError, got ${String(error)}`);
  return error;
};

test('a domain error arrives with its code, reason and message', async () => {
  const { emergency } = await clients();
  const error = await rejection(emergency.get({ id: ID }));
  assert.equal(error.code, Code.NotFound);
  assert.equal(reasonOf(error), 'NO_SUCH_EMERGENCY');
  assert.equal(error.rawMessage, `no emergency ${ID}`);
});

test('a message that breaks its contract is refused before the handler, naming the field', async () => {
  const { emergency } = await clients();
  const error = await rejection(emergency.get({ id: 'x' }));
  assert.equal(error.code, Code.InvalidArgument);
  assert.match(error.rawMessage, /^id: .*UUID/i);
});

test('an unexpected failure shows a trace id and nothing of its cause', async () => {
  const { emergency } = await clients();
  const error = await rejection(emergency.cancel({ id: ID, reason: 1 }));
  assert.equal(error.code, Code.Internal);
  assert.equal(reasonOf(error), 'INTERNAL');
  assert.doesNotMatch(error.message, /secret detail/);
});

test('access follows the contract: nobody, a person without the permission, a service', async () => {
  const nobody = transportAs('gateway');
  const service = transportAs('volunteer');
  assert.equal((await rejection(createClient(EmergencyService, nobody).get({ id: ID }))).code, Code.Unauthenticated);
  const { emergency } = await clients();
  const denied = await rejection(emergency.triggerPanic({ location: {} }));
  assert.equal(denied.code, Code.PermissionDenied);
  assert.equal(reasonOf(denied), 'PERMISSION_REQUIRED');
  assert.equal(reasonOf(await rejection(createClient(EmergencyService, service).get({ id: ID }))), 'PERSON_REQUIRED');
});

test('forged and tampered tokens are refused', async () => {
  const other = await startIdentity(identities);
  ends.push(() => other.stop());
  for (const token of [await other.tokenFor(), `${await identity.tokenFor()}x`, 'eyJhbGciOiJub25lIn0.e30.', 'x']) {
    const client = createClient(EmergencyService, transportAs('gateway'));
    const error = await rejection(client.get({ id: ID }, { headers: { authorization: `Bearer ${token}` } }));
    assert.equal(error.code, Code.Unauthenticated);
    assert.equal(reasonOf(error), 'TOKEN_INVALID');
  }
});

test('the shorter of the deadlines ends a call', async () => {
  const { emergency } = await clients();
  const start = performance.now();
  const error = await rejection(emergency.listActive({}, { timeoutMs: 100 }));
  assert.equal(error.code, Code.DeadlineExceeded);
  assert.ok(performance.now() - start < 2_000);
});

test('a server stream is read at the reader’s pace and ends when the reader leaves', async () => {
  const { emergency } = await clients();
  const seen: bigint[] = [];
  const leaving = new AbortController();
  const reading = (async () => {
    for await (const { emergency: state } of emergency.watch({ id: ID }, { signal: leaving.signal })) {
      seen.push(state?.version ?? 0n);
      if (seen.length === 3) leaving.abort();
    }
  })();
  assert.equal((await rejection(reading)).code, Code.Canceled);
  assert.deepEqual(seen, [1n, 2n, 3n]);
  for (let i = 0; i < 100 && !watchAborted; i++) await sleep(20);
  assert.ok(watchAborted, 'the handler was told');
});

test('a client stream carries thousands of messages, each validated', async () => {
  const { volunteer } = await clients(['volunteers:update']);
  async function* positions(latitude: number) {
    for (let i = 0; i < 3_000; i++) yield { location: { latitude, longitude: 106.8 } };
  }
  assert.equal((await volunteer.streamLocations(positions(-6.2))).received, 3_000n);
  assert.equal((await rejection(volunteer.streamLocations(positions(91)))).code, Code.InvalidArgument);
});

/** A transport to where nobody listens. */
function transportToNobody() {
  const transport = createGrpcTransport({
    url: 'https://127.0.0.1:9',
    identity: identities.of('emergency'),
    service: 'auth',
  });
  ends.push(() => transport.close());
  return transport;
}

test('a call waits for a server that is not there yet, within its deadline', async () => {
  const error = await rejection(createClient(AuthService, transportToNobody()).getJwks({}, { timeoutMs: 300 }));
  assert.equal(error.code, Code.DeadlineExceeded);
});

test('a stream that fails before anybody reads it ends no process', async () => {
  const transport = transportToNobody();
  async function* request() {
    yield {};
  }
  const open = () => transport.stream(EmergencyService.method.watch, undefined, undefined, undefined, request());
  await open();
  const { message } = await open();
  await assert.rejects(message[Symbol.asyncIterator]().next(), { code: Code.Unavailable });
});
