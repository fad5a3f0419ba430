import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { AuthService } from '@kreki/gen/kreki/auth/v1/auth_service_pb.js';
import { EmergencyService } from '@kreki/gen/kreki/emergency/v1/emergency_service_pb.js';
import { reasonOf } from '@kreki/runtime/errors';
import { bearer, Code, clientOf, collect, rejection, rest, transports } from './clients.ts';
import { ID, LONG_ID, QUIET_ID } from './fixture.ts';
import { startEdge, type TestEdge } from './harness.ts';

let edge: TestEdge;
let token: string;
before(async () => {
  edge = await startEdge({ BREAKER_MINIMUM_CALLS: '5', BREAKER_RETRY_AFTER: '300ms', BREAKER_WINDOW: '10s' });
  token = await edge.identity.tokenFor();
});
beforeEach(() => {
  behave({});
});
after(() => edge.stop());

const behave = ({ delayMs = 0, failWith }: Partial<TestEdge['upstream']['behaviour']>) =>
  Object.assign(edge.upstream.behaviour, { delayMs, failWith });
const me = () => rest(edge, 'GET', '/api/auth/me', { token });
const breaker = async () => (await rest(edge, 'GET', '/readyz')).json.upstreams.auth.breaker;
const fail = (code: Code) => {
  behave({ failWith: code });
};

test('errors that are the caller’s, or one call’s mishap, do not open the breaker', async () => {
  for (const code of [Code.NotFound, Code.PermissionDenied, Code.Internal]) {
    fail(code);
    for (let i = 0; i < 8; i++) await me();
  }
  assert.equal(await breaker(), 'closed');
});

test('hasty callers do not open the breaker', async () => {
  behave({ delayMs: 100 });
  const client = clientOf(edge, AuthService);
  for (let i = 0; i < 8; i++) {
    const error = await rejection(client.getMe({}, { headers: bearer(token), timeoutMs: 10 }));
    assert.equal(error.code, Code.DeadlineExceeded);
  }
  assert.equal(await breaker(), 'closed');
});

test('a service that is not available is left alone, and asked again after a while', async () => {
  fail(Code.Unavailable);
  for (let i = 0; i < 100 && (await breaker()) !== 'open'; i++) assert.equal((await me()).status, 503);
  assert.equal(await breaker(), 'open');
  const calls = edge.upstream.received.length;
  const refused = await me();
  assert.equal(refused.status, 503);
  assert.equal(refused.reason, 'UPSTREAM_DOWN');
  assert.ok(Number(refused.headers.get('retry-after')) >= 1);
  assert.equal(edge.upstream.received.length, calls, 'nothing was sent');
  const other = await rest(edge, 'GET', `/api/emergency/${ID}`, { token });
  assert.equal(other.status, 200, 'other services have breakers of their own');

  behave({});
  await sleep(400);
  assert.equal((await me()).status, 200);
  assert.equal(await breaker(), 'closed');
});

test('a caller that hangs up cancels the call upstream', async () => {
  const leaving = new AbortController();
  const url = `${edge.gateway.url}/api/emergency/${LONG_ID}/watch`;
  const answer = await fetch(url, { headers: bearer(token), signal: leaving.signal });
  await answer.body?.getReader().read();
  assert.equal(edge.upstream.watches.open, 1);
  leaving.abort();
  for (let i = 0; i < 100 && edge.upstream.watches.open > 0; i++) await sleep(20);
  assert.equal(edge.upstream.watches.open, 0);
});

test('a caller that hangs up over HTTP/2 does too', async () => {
  const session = connect(edge.gateway.h2cUrl);
  const stream = session.request({ ':path': `/api/emergency/${LONG_ID}/watch`, ...bearer(token) });
  await once(stream, 'data');
  assert.equal(edge.upstream.watches.open, 1);
  stream.close(constants.NGHTTP2_CANCEL);
  for (let i = 0; i < 100 && edge.upstream.watches.open > 0; i++) await sleep(20);
  assert.equal(edge.upstream.watches.open, 0);
  session.close();
});

test('a stop ends streams with a reason, lets calls under way end, and takes no more', async () => {
  const own = await startEdge({ DRAIN: '15s' });
  const headers = bearer(await own.identity.tokenFor());
  own.upstream.behaviour.delayMs = 600;
  const slow = clientOf(own, AuthService).getMe({}, { headers });
  const ended = Object.values(transports).map((open) =>
    rejection(collect(createClient(EmergencyService, open(own)).watch({ id: QUIET_ID }, { headers }))),
  );
  const arrived = () =>
    own.upstream.received.some(({ rpc }) => rpc === 'GetMe') && own.upstream.watches.sent === ended.length;
  while (!arrived()) await sleep(10);
  const { url } = own.gateway;
  const stopped = own.stop();
  assert.equal((await slow).user?.email, 'citra@example.id');
  for (const error of await Promise.all(ended)) {
    assert.equal(error.code, Code.Unavailable);
    assert.equal(reasonOf(error), 'EDGE_STOPPING');
  }
  await stopped;
  await assert.rejects(fetch(`${url}/healthz`));
});
