import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError, createClient, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { VolunteerService } from '@kreki/gen/kreki/volunteer/v1/volunteer_service_pb.js';
import { reasonOf, retryAfterMsOf } from '../errors.ts';
import { createLogger } from '../log.ts';
import { type Admission, createAdmission } from '../rpc/admission/admission.ts';
import { openServiceAdmission } from '../rpc/admission/service-admission.ts';
import { Shedder } from '../rpc/admission/shedder.ts';
import { implement } from '../rpc/handlers.ts';
import { admission } from '../rpc/interceptors/admission.ts';
import { telemetry } from '../rpc/interceptors/telemetry.ts';
import { startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { testIdentities } from '../testing/identities.ts';

const identities = testIdentities();
const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
  identities.stop();
});

/** A service of which every RPC hangs until released, and says how many of each are at work. */
async function serve(settings: { shedDelayMs?: number; databasePoolSize?: number }, given?: Admission) {
  const running = new Map<string, number>();
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const count = (name: string, by: number) => running.set(name, (running.get(name) ?? 0) + by);
  const hang =
    (name: string) =>
    async (_: unknown, { signal }: HandlerContext) => {
      count(name, 1);
      const gone = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await Promise.race([released, gone]);
      count(name, -1);
      return {};
    };
  const streamLocations = async (positions: AsyncIterable<unknown>) => {
    count('streamLocations', 1);
    try {
      for await (const _ of positions) count('positions', 1);
    } finally {
      count('streamLocations', -1);
    }
    return {};
  };
  const all = Object.fromEntries(VolunteerService.methods.map(({ localName }) => [localName, hang(localName)]));
  const room = openServiceAdmission(settings);
  const server = await startRpcServer({
    identity: identities.of('volunteer'),
    host: '127.0.0.1',
    port: 0,
    implementations: [
      implement(VolunteerService, { ...all, streamLocations } as unknown as ServiceImpl<typeof VolunteerService>),
    ],
    interceptors: [telemetry(createLogger('test', 'silent'), 'mtls'), admission(given ?? room)],
    drainMs: 500,
  });
  const transport = createGrpcTransport({ url: server.url, identity: identities.of('gateway'), service: 'volunteer' });
  ends.push(
    () => server.stop(),
    () => room.stop(),
    () => transport.close(),
    () => release(),
  );
  return { client: createClient(VolunteerService, transport), running, release: () => release() };
}

const outcome = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (error: unknown) => `${Code[ConnectError.from(error).code]} ${reasonOf(error)}`.trim(),
  );
const tally = (outcomes: readonly string[]) =>
  Object.fromEntries(
    [...new Set(outcomes)].sort().map((each) => [each, outcomes.filter((one) => one === each).length]),
  );

test('a slow RPC takes its share and no more: the rest wait or are told to come back, and other RPCs go on', async () => {
  const { client, running, release } = await serve({ databasePoolSize: 12 });
  const lists = Array.from({ length: 60 }, () => client.listVolunteers({}, { timeoutMs: 60_000 }));
  const refused = (await Promise.allSettled(lists.slice(23))).map((result) => {
    assert.equal(result.status, 'rejected');
    return result.reason;
  });
  assert.ok(refused.every((error) => reasonOf(error) === 'OVERLOADED' && (retryAfterMsOf(error) ?? 0) >= 1_000));
  assert.equal(running.get('listVolunteers'), 3);

  // Those that are not critical leave a quarter to those that are.
  const others = ['updateProfile', 'getProfile', 'setAvailability'] as const;
  const calls = others.flatMap((name) => Array.from({ length: 10 }, () => client[name]({}, { timeoutMs: 60_000 })));
  const searches = Array.from({ length: 8 }, () => client.findNearby({}));
  await until(() => running.get('findNearby') === 8);
  assert.equal(3 + others.reduce((sum, name) => sum + (running.get(name) ?? 0), 0), 9);

  release();
  assert.deepEqual(tally(await Promise.all([...lists.slice(0, 23), ...calls, ...searches].map(outcome))), {
    answered: 23 + 30 + 8,
  });
});

test('a caller who leaves while waiting, or whose deadline ends, gives up the place and is never at work', async () => {
  const { client, running, release } = await serve({ databasePoolSize: 4 });
  const first = client.listVolunteers({});
  await until(() => running.get('listVolunteers') === 1);
  const leaving = new AbortController();
  const waiting = [
    ...Array.from({ length: 10 }, () => client.listVolunteers({}, { signal: leaving.signal })),
    ...Array.from({ length: 10 }, () => client.listVolunteers({}, { timeoutMs: 100 })),
  ].map(outcome);
  await sleep(50);
  leaving.abort();
  assert.deepEqual(tally(await Promise.all(waiting)), { Canceled: 10, DeadlineExceeded: 10 });
  const next = client.listVolunteers({});
  release();
  assert.deepEqual(await Promise.all([first, next].map(outcome)), ['answered', 'answered']);
  assert.equal(running.get('listVolunteers'), 0);
});

test('a stream gives up its place when it ends, in whichever way', async () => {
  const one = createAdmission({ shedder: new Shedder(0), limits: () => ({ running: 1, waiting: 0 }) });
  const { client, running } = await serve({}, one);
  async function* endless() {
    for (;;) {
      yield {};
      await sleep(5);
    }
  }
  for (let round = 0; round < 3; round++) {
    const leaving = new AbortController();
    const stream = outcome(client.streamLocations(endless(), { signal: leaving.signal }));
    await until(() => running.get('streamLocations') === 1);
    assert.equal(await outcome(client.streamLocations(endless())), 'ResourceExhausted OVERLOADED');
    leaving.abort();
    assert.equal(await stream, 'Canceled');
    await until(() => running.get('streamLocations') === 0);
  }
  assert.equal(await outcome(client.streamLocations((async function* () {})())), 'answered');
});

test('while the event loop is late listings are refused and searches go on; then everything is let in again', async () => {
  const { client, release } = await serve({ shedDelayMs: 40 });
  release();
  assert.equal(await outcome(client.listVolunteers({})), 'answered');
  const work = setInterval(() => {
    const endMs = performance.now() + 80;
    while (performance.now() < endMs);
  }, 1);
  try {
    let refused = '';
    for (let tries = 0; tries < 200 && refused !== 'ResourceExhausted OVERLOADED'; tries++) {
      refused = await outcome(client.listVolunteers({}));
      assert.equal(await outcome(client.findNearby({}, { timeoutMs: 60_000 })), 'answered');
    }
    assert.equal(refused, 'ResourceExhausted OVERLOADED');
  } finally {
    clearInterval(work);
  }
  await until(async () => (await outcome(client.listVolunteers({}))) === 'answered', 60_000);
});

async function until(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (performance.now() < endMs) {
    if (await holds()) return;
    await sleep(10);
  }
  assert.fail(`did not happen within ${withinMs} ms`);
}
