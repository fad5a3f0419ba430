import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, createClient, type ServiceImpl } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { fail } from '../errors.ts';
import { clientMetrics, clientTelemetry } from '../rpc/client.ts';
import { implement } from '../rpc/handlers.ts';
import { startRpcServer } from '../rpc/server.ts';
import { createGrpcTransport } from '../rpc/transport.ts';
import { startCollector } from '../testing/collector.ts';
import { until } from '../testing/events.ts';
import { testIdentities } from '../testing/identities.ts';

const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

const METHOD = `${AuthService.typeName}/GetMe`;

test('a caller counts retries, deadlines and the state of its breaker, at the edge and between services, by the callee', async () => {
  const collector = await startCollector();
  ends.push(() => collector.stop());
  const identities = testIdentities();
  ends.push(() => identities.stop());
  let hangs = false;
  const getMe = async () => {
    if (hangs) await sleep(1_000);
    throw fail(Code.Unavailable, 'AS_TOLD', 'as told');
  };
  const server = await startRpcServer({
    identity: identities.of('auth'),
    host: '127.0.0.1',
    port: 0,
    interceptors: [],
    implementations: [implement(AuthService, { getMe } as unknown as ServiceImpl<typeof AuthService>)],
    drainMs: 100,
  });
  ends.push(() => server.stop());

  for (const interceptor of [clientMetrics('auth'), clientTelemetry('auth')]) {
    const transport = createGrpcTransport({
      url: server.url,
      identity: identities.of('gateway'),
      service: 'auth',
      interceptors: [interceptor],
      breaker: { windowMs: 60_000, minimumCalls: 4, faultPercentage: 50, retryAfterMs: 60_000 },
    });
    ends.push(() => transport.close());
    const auth = createClient(AuthService, transport);
    hangs = true;
    await assert.rejects(auth.getMe({}, { timeoutMs: 100 }));
    hangs = false;
    await assert.rejects(auth.getMe({}));
    assert.equal(transport.breaker, 'closed');
    await assert.rejects(auth.getMe({}));
    assert.equal(transport.breaker, 'open');
  }
  const states = () => collector.points('kreki.rpc.client.breaker.state');
  const sent = states().length;
  await until(() => states().length > sent + 1, 'the breakers say their state again');
  await collector.finish();

  assert.deepEqual(states().at(-1), { 'kreki.callee': 'auth' });
  const [retry] = collector.points('kreki.rpc.client.retries');
  assert.deepEqual(retry, { 'kreki.callee': 'auth', 'rpc.method': METHOD });
  const calls = collector.points('rpc.client.call.duration');
  const codes = new Set(calls.map((each) => `${each['kreki.callee']} ${each['rpc.response.status_code']}`));
  assert.deepEqual(codes, new Set(['auth DEADLINE_EXCEEDED', 'auth UNAVAILABLE']));
  assert.ok(calls.every((each) => each['rpc.method'] === METHOD));
});
