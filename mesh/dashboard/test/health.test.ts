import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Health } from '@kreki/gen/kreki/mesh/v1/signals_pb.js';
import { startRpcServer } from '@kreki/runtime/rpc/server';
import { testIdentities } from '@kreki/runtime/testing/identities';
import { healthOf } from '../map/health.ts';
import { Signals } from '../signals/golden.ts';
import { grpcProbe, httpProbe } from '../sources/probes.ts';
import { Distribution } from '../store/distribution.ts';

const identities = testIdentities();
const nothing = new Signals();

/** Calls of which so many were the mesh's fault. */
function calls(ok: number, faults: number): Signals {
  const signals = new Signals();
  for (const [code, count] of [
    ['ok', ok],
    ['internal', faults],
  ] as const) {
    const durations = new Distribution();
    durations.count = count;
    signals.add(code, durations);
  }
  return signals;
}

test('a process is asked with the identity of the operator: it serves, it does not, or it does not answer', async (t) => {
  const server = await startRpcServer({
    identity: identities.of('emergency'),
    host: '127.0.0.1',
    port: 0,
    implementations: [],
    interceptors: [],
  });
  let stopped = false;
  t.after(() => stopped || server.stop());
  const probe = grpcProbe('emergency', server.url, identities.of('operator'));
  t.after(() => probe.close());
  const impostor = grpcProbe('auth', server.url, identities.of('operator'));
  t.after(() => impostor.close());

  const starting = await probe.ask();
  assert.deepEqual(starting, { asked: 1, serving: 0, refusing: 1, problem: '' });
  assert.equal(healthOf(starting, calls(100, 0)).health, Health.DOWN);

  server.setServing(true);
  const serving = await probe.ask();
  assert.deepEqual(serving, { asked: 1, serving: 1, refusing: 0, problem: '' });
  assert.equal(healthOf(serving, nothing).health, Health.SERVING);
  assert.equal(healthOf(serving, calls(92, 8)).health, Health.DEGRADED);
  assert.equal(healthOf(serving, calls(80, 20)).health, Health.DOWN);

  const other = await impostor.ask();
  assert.deepEqual([other.asked, other.serving, other.refusing], [1, 0, 0]);
  assert.match(other.problem, /emergency answers in place of auth|No connection/);

  await server.stop();
  stopped = true;
  const away = await probe.ask();
  assert.deepEqual([away.asked, away.serving, away.refusing], [1, 0, 0]);
  assert.ok(away.problem);
  const { health, reason } = healthOf(away, calls(100, 0));
  assert.deepEqual([health, reason], [Health.UNREACHABLE, `it does not answer: ${away.problem}`]);
});

test('one of several that does not serve makes the whole degraded, and what nobody asked or heard of is unknown', () => {
  const partly = healthOf({ asked: 3, serving: 2, refusing: 0, problem: 'ECONNREFUSED' }, nothing);
  assert.deepEqual(partly, { health: Health.DEGRADED, reason: '1 of 3 instances do not serve' });
  assert.equal(healthOf(undefined, nothing).health, Health.UNSPECIFIED);
  assert.equal(healthOf(undefined, calls(1, 0)).health, Health.SERVING);
});

test('a fault or two among few calls say too little, three say enough', () => {
  const asked = { asked: 1, serving: 1, refusing: 0, problem: '' };
  assert.deepEqual(healthOf(asked, calls(0, 1)), {
    health: Health.SERVING,
    reason: '1 of 1 calls failed: too few to tell',
  });
  assert.equal(healthOf(asked, calls(8, 2)).health, Health.SERVING);
  assert.deepEqual(healthOf(asked, calls(0, 3)), { health: Health.DOWN, reason: '3 of 3 calls failed' });
  assert.equal(healthOf(asked, calls(38, 3)).health, Health.DEGRADED);
  assert.equal(healthOf(undefined, calls(0, 2)).health, Health.UNSPECIFIED);
  assert.equal(healthOf(undefined, calls(1, 2)).health, Health.SERVING);
  assert.equal(healthOf({ ...asked, serving: 0, refusing: 1 }, calls(0, 1)).health, Health.DOWN);
});

test('the edge that is not ready differs from one that is away', async (t) => {
  let status = 503;
  const server = createServer((_, response) => void response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const probe = httpProbe(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  assert.deepEqual(await probe.ask(), { asked: 1, serving: 0, refusing: 1, problem: '' });
  status = 200;
  assert.equal((await probe.ask()).serving, 1);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const away = await probe.ask();
  assert.deepEqual([away.asked, away.serving, away.refusing], [1, 0, 0]);
  assert.ok(away.problem);
});
