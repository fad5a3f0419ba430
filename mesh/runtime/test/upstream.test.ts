import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { fail, reasonOf, retryAfterMsOf, tryLater } from '../errors.ts';
import { createLogger } from '../log.ts';
import { forward } from '../rpc/client.ts';
import { implement } from '../rpc/handlers.ts';
import { telemetry } from '../rpc/interceptors/telemetry.ts';
import { startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import type { BreakerSettings } from '../rpc/upstream/breaker.ts';
import { testIdentities } from '../testing/identities.ts';

const identities = testIdentities();
const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
  identities.stop();
});

const MANY: BreakerSettings = { windowMs: 60_000, minimumCalls: 1_000_000, faultPercentage: 50, retryAfterMs: 100 };
const SOON: BreakerSettings = { ...MANY, minimumCalls: 5 };

/** A server that answers what is given, by the names of RPCs, and counts what arrives. */
async function serve<Desc extends DescService>(name: string, service: Desc, given: Partial<ServiceImpl<Desc>>) {
  const received: string[] = [];
  const functions = given as Record<string, (message: unknown, context: HandlerContext) => unknown>;
  const all = service.methods.map(({ localName }) => [
    localName,
    (message: unknown, context: HandlerContext) => {
      received.push(localName);
      return functions[localName]?.(message, context) ?? {};
    },
  ]);
  const server = await startRpcServer({
    identity: identities.of(name),
    host: '127.0.0.1',
    port: 0,
    implementations: [implement(service, Object.fromEntries(all) as ServiceImpl<Desc>)],
    interceptors: [telemetry(createLogger('test', 'silent'))],
    drainMs: 500,
  });
  ends.push(() => server.stop());
  return { url: server.url, received };
}

function connect(name: string, url: string, breaker = MANY) {
  const transport = createGrpcTransport({ url, identity: identities.of('gateway'), service: name, breaker });
  ends.push(() => transport.close());
  return transport;
}

const unavailable = () => fail(Code.Unavailable, 'AS_TOLD', 'as told');
const rejection = async (call: Promise<unknown>): Promise<ConnectError> =>
  call.then(
    () => assert.fail('it was answered'),
    (error: unknown) => ConnectError.from(error),
  );

test('what is idempotent is sent once more after UNAVAILABLE; nothing else is, and nothing after any other error', async () => {
  let error = unavailable();
  let failures = 0;
  const failing = () => {
    if (failures-- > 0) throw error;
    return {};
  };
  const { url, received } = await serve('auth', AuthService, { getMe: failing, login: failing });
  const client = createClient(AuthService, connect('auth', url));
  const sent = async (call: () => Promise<unknown>, times: number) => {
    failures = times;
    received.length = 0;
    const outcome = await call().then(
      () => 'answered',
      (thrown: unknown) => Code[ConnectError.from(thrown).code],
    );
    return `${outcome} after ${received.length}`;
  };
  assert.equal(await sent(() => client.getMe({}), 1), 'answered after 2');
  assert.equal(await sent(() => client.getMe({}), 2), 'Unavailable after 2');
  assert.equal(await sent(() => client.login({}), 1), 'Unavailable after 1');
  for (const code of [Code.Internal, Code.DeadlineExceeded, Code.Aborted, Code.Unknown]) {
    error = fail(code, 'AS_TOLD', 'as told');
    assert.match(await sent(() => client.getMe({}), 1), /after 1$/, Code[code]);
  }
  error = tryLater(Code.ResourceExhausted, 'OVERLOADED', 'too much to do', 1_000);
  assert.equal(await sent(() => client.getMe({}), 1), 'ResourceExhausted after 1');
});

test('only the nearest caller tries again: those further up pass the failure on', async () => {
  const volunteer = await serve('volunteer', VolunteerService, {
    findNearby: () => {
      throw unavailable();
    },
  });
  const volunteers = createClient(VolunteerService, connect('volunteer', volunteer.url));
  const emergency = await serve('emergency', EmergencyService, {
    findNearbyVolunteers: async (_, context) => {
      await volunteers.findNearby({}, forward(context));
      return {};
    },
  });
  const client = createClient(EmergencyService, connect('emergency', emergency.url));
  const error = await rejection(client.findNearbyVolunteers({}));
  assert.equal(error.code, Code.Unavailable);
  assert.equal(reasonOf(error), 'AS_TOLD');
  assert.deepEqual([emergency.received.length, volunteer.received.length], [1, 2]);
});

test('a service that fails every call is asked little more often than it is called', async () => {
  const { url, received } = await serve('auth', AuthService, {
    getMe: () => {
      throw unavailable();
    },
  });
  const client = createClient(AuthService, connect('auth', url));
  const startMs = performance.now();
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(Array.from({ length: 50 }, () => rejection(client.getMe({}))));
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const allowed = 1_000 + 100 + 50 + 5 * seconds;
  assert.ok(received.length > 1_000, 'some were sent again');
  assert.ok(received.length <= allowed, `${received.length} of ${allowed} allowed`);
});

test('a breaker opens for faults, not for refusals; says when to come back; and closes when the service answers again', async () => {
  let error: ConnectError | undefined;
  const answer = () => {
    if (error) throw error;
    return {};
  };
  const { url, received } = await serve('auth', AuthService, { login: answer });
  const transport = connect('auth', url, SOON);
  const client = createClient(AuthService, transport);
  for (const code of [
    Code.PermissionDenied,
    Code.NotFound,
    Code.InvalidArgument,
    Code.ResourceExhausted,
    Code.Internal,
  ]) {
    error = fail(code, 'AS_TOLD', 'as told');
    for (let call = 0; call < 10; call++) await rejection(client.login({}));
    assert.equal(transport.breaker, 'closed', Code[code]);
  }
  error = unavailable();
  for (let call = 0; call < 100 && transport.breaker === 'closed'; call++) await rejection(client.login({}));
  assert.equal(transport.breaker, 'open');
  received.length = 0;
  const refused = await rejection(client.login({}));
  assert.equal(reasonOf(refused), 'UPSTREAM_DOWN');
  assert.equal(retryAfterMsOf(refused), SOON.retryAfterMs);
  assert.deepEqual(received, []);

  await until(() => transport.breaker === 'half-open');
  await rejection(client.login({}));
  assert.equal(transport.breaker, 'open', 'the one call that tried failed');
  error = undefined;
  await until(() => transport.breaker === 'half-open');
  await client.login({});
  assert.equal(transport.breaker, 'closed');
});

test('critical calls pass an open breaker: that others fail says nothing of them', async () => {
  const { url } = await serve('emergency', EmergencyService, {
    get: () => {
      throw unavailable();
    },
    async *watch() {},
  });
  const transport = connect('emergency', url, { ...SOON, retryAfterMs: 60_000 });
  const client = createClient(EmergencyService, transport);
  for (let call = 0; call < 10; call++) await rejection(client.get({}));
  assert.equal(transport.breaker, 'open');
  await client.triggerPanic({});
  for await (const _ of client.watch({})) assert.fail('nothing was told');
  assert.equal(reasonOf(await rejection(client.get({}))), 'UPSTREAM_DOWN');
});

test('a critical call that is answered closes a breaker that waits for a sign, where none but critical calls are made', async () => {
  let away = true;
  const { url } = await serve('emergency', EmergencyService, {
    triggerPanic: () => {
      if (away) throw unavailable();
      return {};
    },
  });
  const transport = connect('emergency', url, SOON);
  const client = createClient(EmergencyService, transport);
  for (let call = 0; call < 10; call++) await rejection(client.triggerPanic({}));
  assert.notEqual(transport.breaker, 'closed');
  away = false;
  while (transport.breaker !== 'closed') {
    await client.triggerPanic({});
    await sleep(10);
  }
});

test('a call that its caller leaves says nothing: it neither opens a breaker nor closes one', async () => {
  let hang = true;
  const { url } = await serve('auth', AuthService, {
    login: async (_, { signal }) => {
      if (!hang) throw unavailable();
      await sleep(60_000, undefined, { signal }).catch(() => undefined);
      return {};
    },
  });
  const transport = connect('auth', url, SOON);
  const client = createClient(AuthService, transport);
  const leave = () => rejection(client.login({}, { signal: AbortSignal.timeout(20) }));
  for (let call = 0; call < 10; call++) await leave();
  for (let call = 0; call < 10; call++) await rejection(client.login({}, { timeoutMs: 20 }));
  assert.equal(transport.breaker, 'closed');
  hang = false;
  for (let call = 0; call < 100 && transport.breaker === 'closed'; call++) await rejection(client.login({}));
  await until(() => transport.breaker === 'half-open');
  hang = true;
  await leave();
  assert.equal(transport.breaker, 'open');
});

test('a service that answers within no deadline is a fault', async () => {
  const { url } = await serve('volunteer', VolunteerService, {
    findNearby: async (_, { signal }) => {
      await sleep(60_000, undefined, { signal }).catch(() => undefined);
      return {};
    },
    listVolunteers: () => ({}),
  });
  const transport = connect('volunteer', url, SOON);
  const client = createClient(VolunteerService, transport);
  const codes = await Promise.all(Array.from({ length: 10 }, () => rejection(client.findNearby({}))));
  assert.deepEqual([...new Set(codes.map(({ code }) => code))], [Code.DeadlineExceeded]);
  assert.equal(transport.breaker, 'open');
});

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 5_000; waited += 10) {
    if (holds()) return;
    await sleep(10);
  }
  assert.fail('did not happen within 5 s');
}
